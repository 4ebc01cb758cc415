package dev.millrace.lab.bench;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** A way to let each event count once and to add up what creators earn, in Redis. */
interface EventCounters extends AutoCloseable {
    /** Makes an empty Redis ready for a round of so many events. */
    void open(int events) throws Exception;

    /** Counts events; completes when Redis has acknowledged all of it. Any number may be under way. */
    CompletionStage<?> count(Clicks lot);

    /** Sets the counters of these creators to 0; the micros of each that they had. */
    Map<String, Long> take(List<String> creators) throws Exception;

    /** Events that would not count again. */
    long remembered() throws Exception;

    /** Memory that they take in Redis, in bytes. */
    long bytes() throws Exception;

    @Override
    void close();
}
