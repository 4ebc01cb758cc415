package dev.millrace.lab.load;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** What became of arrivals, in the order of their moments. Times are nanoseconds since an arrival's moment. */
public final class Score {
    /** It was given up, by the client or by the server. */
    public static final String LATE = "late";

    /** Its connection broke. */
    public static final String BROKEN = "broken";

    /** Ends the reason of a refusal that did not say when to come again. */
    public static final String WITHOUT_RETRY_AFTER = " without Retry-After";

    private static final int DIGITS = 3;
    private static final int ONE_PERCENT = 100;
    private static final double MILLI = 1e6;

    private final long[] due;

    /** Until an answer came; 0 where none did. */
    private final long[] took;

    /** Null where it was accepted. */
    private final @Nullable String[] reasons;

    Score(int arrivals) {
        this(new long[arrivals], new long[arrivals], new @Nullable String[arrivals]);
    }

    private Score(long[] due, long[] took, @Nullable String[] reasons) {
        this.due = due;
        this.took = took;
        this.reasons = reasons;
    }

    Score of(int from, int to) {
        return new Score(
                Arrays.copyOfRange(due, from, to),
                Arrays.copyOfRange(took, from, to),
                Arrays.copyOfRange(reasons, from, to));
    }

    void due(int arrival, long moment) {
        due[arrival] = moment;
    }

    void accepted(int arrival, long now) {
        took[arrival] = now - due[arrival];
    }

    /** @param reason status and code: {@code 503 overloaded} */
    void refused(int arrival, long now, String reason) {
        took[arrival] = now - due[arrival];
        reasons[arrival] = reason;
    }

    void failed(int arrival, String reason) {
        reasons[arrival] = reason;
    }

    public int arrivals() {
        return due.length;
    }

    public long accepted() {
        return count(this::isAccepted);
    }

    /** Accepted before a moment of {@link System#nanoTime}. */
    public long acceptedBy(long end) {
        return count(i -> isAccepted(i) && due[i] + took[i] - end <= 0);
    }

    /** Of those accepted. */
    public Histogram times() {
        return histogram(this::isAccepted);
    }

    /** Of those accepted that were due between two moments of {@link System#nanoTime}. */
    public Histogram times(long from, long to) {
        return histogram(i -> isAccepted(i) && due[i] - from >= 0 && due[i] - to < 0);
    }

    /** Of the answers that refused. */
    public Histogram refusals() {
        return histogram(i -> !isAccepted(i) && took[i] > 0);
    }

    /** Arrivals that were not accepted, by the reason: {@code 503 overloaded}, {@link #LATE}, {@link #BROKEN}. */
    public Map<String, Long> others() {
        return Arrays.stream(reasons)
                .filter(Objects::nonNull)
                .collect(Collectors.groupingBy(reason -> reason, TreeMap::new, Collectors.counting()));
    }

    /** Milliseconds within which so many percent of all arrivals were accepted; infinite where fewer were. */
    public double millisForAll(double percentile) {
        Histogram accepted = times();
        double among = percentile * arrivals() / accepted.getTotalCount();
        return among <= 100 ? accepted.getValueAtPercentile(among) / MILLI : Double.POSITIVE_INFINITY;
    }

    /**
     * Seconds from the first arrival until 99 % of every whole second that begins then or later were accepted in normal time;
     * empty where the last second was not so.
     *
     * @param perSecond arrivals a second
     * @param normal most nanoseconds that count as normal
     */
    public OptionalDouble normalAfter(double perSecond, long normal) {
        int window = Math.max(1, (int) Math.round(perSecond));
        int slow = 0;
        int back = 0;
        for (int i = 0; i < due.length; i++) {
            slow += isNormal(i, normal) ? 0 : 1;
            int first = i - window + 1;
            if (first > 0) {
                slow -= isNormal(first - 1, normal) ? 0 : 1;
            }
            if (first >= 0 && slow > window / ONE_PERCENT) {
                back = first + 1;
            }
        }
        return back + window <= due.length ? OptionalDouble.of(back / perSecond) : OptionalDouble.empty();
    }

    private boolean isNormal(int i, long normal) {
        return isAccepted(i) && took[i] <= normal;
    }

    private boolean isAccepted(int i) {
        return reasons[i] == null;
    }

    private long count(IntPredicate which) {
        return IntStream.range(0, due.length).filter(which).count();
    }

    private Histogram histogram(IntPredicate which) {
        Histogram nanos = new Histogram(DIGITS);
        IntStream.range(0, due.length).filter(which).forEach(i -> nanos.recordValue(took[i]));
        return nanos;
    }
}
