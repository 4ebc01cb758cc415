package dev.millrace.lab.overload;

import dev.millrace.lab.load.Verdicts;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;

/**
 * What became of the arrivals of one phase. One thread writes; {@link #toString} may be called by others meanwhile, the rest
 * when all is over.
 */
final class Score {
    /** The time of an arrival that was not accepted. */
    static final long NEVER = Long.MAX_VALUE;

    private static final int ACCEPTED = 202;
    private static final int DIGITS = 3;

    private final long[] nanos;
    private final Histogram accepted = new Histogram(DIGITS);
    private final Histogram refused = new Histogram(DIGITS);
    private final Map<String, Long> shed = new TreeMap<>();
    private final Verdicts verdicts = new Verdicts();
    private final AtomicLong acceptedSoFar = new AtomicLong();
    private final AtomicLong refusedSoFar = new AtomicLong();
    private long acceptedInTime;
    private long withoutRetryAfter;
    private long late;
    private long broken;
    private long unexpected;
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
        acceptedSoFar.incrementAndGet();
    }

    /**
     * @param took nanoseconds since its moment
     * @param reason status and code
     * @param saysWhen whether it came with Retry-After
     */
    void addShed(long took, String reason, boolean saysWhen) {
        refused.recordValue(took);
        shed.merge(reason, 1L, Long::sum);
        withoutRetryAfter += saysWhen ? 0 : 1;
        refusedSoFar.incrementAndGet();
    }

    /** An arrival was given up, by us or by the server. */
    void addLate() {
        late++;
    }

    void addBroken() {
        broken++;
    }

    void addUnexpected(int status, String body) {
        unexpected++;
        complaint = status + " " + body;
    }

    int arrivals() {
        return nanos.length;
    }

    long accepted() {
        return accepted.getTotalCount();
    }

    /** Those accepted before the phase was over. */
    long acceptedInTime() {
        return acceptedInTime;
    }

    /** Refusals by status and code: {@code 503 overloaded}. */
    Map<String, Long> shed() {
        return Map.copyOf(shed);
    }

    long refused() {
        return refused.getTotalCount();
    }

    /** Refusals that did not say when to come again. */
    long withoutRetryAfter() {
        return withoutRetryAfter;
    }

    long late() {
        return late;
    }

    long broken() {
        return broken;
    }

    long unexpected() {
        return unexpected;
    }

    /** The last unexpected answer, empty where there was none. */
    String complaint() {
        return complaint;
    }

    /** What the answers 202 said of their events. */
    Verdicts verdicts() {
        return verdicts;
    }

    /** Of those accepted. */
    Latency latency() {
        return Latency.of(accepted);
    }

    /** Of the answers that refused. */
    Latency refusals() {
        return Latency.of(refused);
    }

    /** Nanoseconds that each arrival took, {@link #NEVER} where it was not accepted. */
    long[] nanos() {
        return nanos.clone();
    }

    /**
     * Milliseconds within which so many percent of all arrivals were accepted; infinite where fewer were.
     *
     * @param percentile above 0, up to 100
     */
    double millisForAll(double percentile) {
        long[] sorted = nanos();
        Arrays.sort(sorted);
        long value = sorted[(int) Math.ceil(sorted.length * percentile / 100) - 1];
        return value == NEVER ? Double.POSITIVE_INFINITY : value / (double) TimeUnit.MILLISECONDS.toNanos(1);
    }

    /** Refusals for people: {@code 503 overloaded: 1,234}; a dash where there was none. */
    String shedText() {
        return shed.isEmpty()
                ? "-"
                : shed.entrySet().stream()
                        .map(entry -> "%s: %,d".formatted(entry.getKey(), entry.getValue()))
                        .collect(Collectors.joining(", "));
    }

    /** How far it is. */
    @Override
    public String toString() {
        return "%,d of %,d accepted, %,d refused".formatted(acceptedSoFar.get(), arrivals(), refusedSoFar.get());
    }
}
