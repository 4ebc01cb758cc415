package dev.millrace.lab.bench;

import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.Costs;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * A system that turns events into balances, with all the servers it takes. Started once, it goes through all its rounds;
 * they take turns with those of others, and only one is under way at a time.
 */
interface Contestant extends AutoCloseable {
    /** As it stands in the results. */
    String name();

    /** The binaries it runs and how they are set, for people. */
    default List<String> servers() {
        return List.of();
    }

    /** What it is measured in. */
    List<Scenario> scenarios();

    /** Events that take about a second, more or less: the size of the first round. Later ones follow from it. */
    int roundSize(Scenario scenario);

    /** The ids of its processes, by the part they play: {@code redis}, {@code postgres}. This one is {@code client}. */
    Map<String, Long> processes();

    /** Makes all ready for a round: settings, empty tables, requests written out. Nothing of it is measured. */
    Round prepare(Scenario scenario, Events events) throws Exception;

    /** What rounds cost besides time: counters that only grow. */
    default Costs costs() throws Exception {
        return Costs.NONE;
    }

    /** What can be said once all rounds are over, for people. */
    default List<String> remarks() throws Exception {
        return List.of();
    }

    /** Ends its servers. */
    @Override
    void close();

    /** A round that can begin. */
    interface Round {
        /**
         * Sends all events and returns when every one is acknowledged, with whatever the contestant promises by that.
         *
         * @param nanos takes the time of each request, in nanoseconds
         * @return requests that were refused, or whose connection broke, and that were sent again; each time counted
         */
        long send(Histogram nanos) throws Exception;

        /** Writes to the balances what is counted, where nothing else does so. Another thread calls it while events are sent. */
        default void drain() throws Exception {}

        /** Writes to the balances what is still on the way; measured apart. Returns when they hold everything. */
        default void settle() throws Exception {
            drain();
        }

        /** Micros in all balances that this round put there. */
        long counted() throws Exception;
    }
}
