package dev.millrace.lab.overload;

import dev.millrace.lab.command.Percentiles;
import dev.millrace.lab.load.BatchVerdicts;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** What became of the arrivals of one phase. For one thread. */
final class Score {
    /** The time of an arrival that was not accepted. */
    static final long NEVER = Long.MAX_VALUE;

    /** It was given up, by the client or by the server. */
    static final String LATE = "late";

    /** Its connection broke. */
    static final String BROKEN = "broken";

    /** Ends the reason of a refusal that did not say when to come again. */
    static final String WITHOUT_RETRY_AFTER = " without Retry-After";

    private static final int ACCEPTED = 202;
    private static final int DIGITS = 3;
    private static final int ONE_PERCENT = 100;
    private static final double MILLI = 1e6;

    private final long[] nanos;
    private final Histogram accepted = new Histogram(DIGITS);
    private final Histogram refused = new Histogram(DIGITS);
    private final Map<String, Long> others = new TreeMap<>();
    private final BatchVerdicts verdicts = new BatchVerdicts();
    private long acceptedInTime;
    private String complaint = "";

    Score(int arrivals) {
        nanos = new long[arrivals];
        Arrays.fill(nanos, NEVER);
    }

    /**
     * @param arrival its number in the phase, from 0
     * @param took nanoseconds since its moment
     * @param inTime whether the phase was not over yet
     */
    void addAccepted(int arrival, long took, boolean inTime, ByteBuffer body) {
        nanos[arrival] = took;
        accepted.recordValue(took);
        acceptedInTime += inTime ? 1 : 0;
        verdicts.take(arrival, ACCEPTED, body);
    }

    /**
     * The server asked for the same again.
     *
     * @param took nanoseconds since its moment
     * @param reason status and code: {@code 503 overloaded}
     */
    void addRefused(long took, String reason) {
        refused.recordValue(took);
        addOther(reason);
    }

    /** An arrival that was not accepted, by what became of it: {@link #LATE}, {@link #BROKEN}. */
    void addOther(String reason) {
        others.merge(reason, 1L, Long::sum);
    }

    /** An answer that no client knows. */
    void addUnexpected(String answer) {
        addOther("unexpected");
        complaint = answer;
    }

    int arrivals() {
        return nanos.length;
    }

    /** Arrivals that were not accepted, by the reason. */
    Map<String, Long> others() {
        return new TreeMap<>(others);
    }

    /** The last unexpected answer, empty where there was none. */
    String complaint() {
        return complaint;
    }

    /** What the answers said of the events. */
    BatchVerdicts verdicts() {
        return verdicts;
    }

    /** Arrivals that were accepted before the phase was over. */
    long acceptedInTime() {
        return acceptedInTime;
    }

    /** Of those accepted. */
    Percentiles times() {
        return Percentiles.of(accepted);
    }

    /** Of the answers that refused. */
    Percentiles refusals() {
        return Percentiles.of(refused);
    }

    /** Milliseconds within which so many percent of all arrivals were accepted; infinite where fewer were. */
    double millisForAll(double percentile) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        long value = sorted[(int) Math.ceil(sorted.length * percentile / 100) - 1];
        return value == NEVER ? Double.POSITIVE_INFINITY : value / MILLI;
    }

    /**
     * Seconds from the first arrival until 99 % of every whole second that begins then or later were accepted in normal time;
     * empty where the last second was not so.
     *
     * @param perSecond arrivals a second
     * @param normal most nanoseconds that count as normal
     */
    OptionalDouble normalAfter(double perSecond, long normal) {
        int window = Math.max(1, (int) Math.round(perSecond));
        int slow = 0;
        int back = 0;
        for (int i = 0; i < nanos.length; i++) {
            slow += nanos[i] > normal ? 1 : 0;
            int first = i - window + 1;
            if (first > 0) {
                slow -= nanos[first - 1] > normal ? 1 : 0;
            }
            if (first >= 0 && slow > window / ONE_PERCENT) {
                back = first + 1;
            }
        }
        return back + window <= nanos.length ? OptionalDouble.of(back / perSecond) : OptionalDouble.empty();
    }
}
