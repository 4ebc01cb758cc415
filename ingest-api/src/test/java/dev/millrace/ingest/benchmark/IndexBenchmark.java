package dev.millrace.ingest.benchmark;

import dev.millrace.counters.LogEntry;
import dev.millrace.counters.LogPages;
import dev.millrace.counters.LogPosition;
import dev.millrace.ingest.index.LogIndex;
import java.nio.LongBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.openjdk.jmh.annotations.Benchmark;

/** Whether an identity was counted, by a million that are remembered: ours, and a {@link HashSet}; for one that was, and for a new one. */
public class IndexBenchmark extends EventBenchmark {
    private static final int REMEMBERED = 1 << 20;
    private static final int ENTRY = 4_096;

    /** One identity in so many is looked up. */
    private static final int EACH = REMEMBERED / EVENTS;

    private static final long SEED = 42;
    private static final long SPAN = 7_800;

    private final LogIndex ours = new LogIndex(Runnable::run);
    private final Set<Long> baseline = new HashSet<>(2 * REMEMBERED);
    private final long[] known = new long[EVENTS];
    private final long[] fresh;

    public IndexBenchmark() {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int first = 0; first < REMEMBERED; first += ENTRY) {
            long[] identities = random.longs(ENTRY).toArray();
            append(identities, first / ENTRY + 1L, first);
            for (long identity : identities) {
                baseline.add(identity);
            }
            System.arraycopy(identities, 0, known, first / EACH, ENTRY / EACH);
        }
        fresh = random.longs(EVENTS).toArray();
    }

    /** An entry a second, so that slices of all ages are asked. */
    private void append(long[] identities, long second, long before) {
        LogPosition from = ours.position();
        LogPosition to = new LogPosition(1, second * 1_000 + "-0", before + identities.length);
        List<LogEntry> entries = List.of(new LogEntry(to.id(), LongBuffer.wrap(identities)));
        LogPages.Status status = before == 0 ? LogPages.Status.ANEW : LogPages.Status.ON;
        ours.take(new LogPages.LogPage(status, 0, to, entries), from, SPAN);
    }

    @Benchmark
    public boolean millraceKnown() {
        return ours.find(known[next()]).known().get(0);
    }

    @Benchmark
    public boolean millraceNew() {
        return ours.find(fresh[next()]).known().get(0);
    }

    @Benchmark
    public boolean hashSetKnown() {
        return baseline.contains(known[next()]);
    }

    @Benchmark
    public boolean hashSetNew() {
        return baseline.contains(fresh[next()]);
    }
}
