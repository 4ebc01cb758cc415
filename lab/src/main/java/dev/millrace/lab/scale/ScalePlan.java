package dev.millrace.lab.scale;

import dev.millrace.lab.stack.MillraceStack;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What is measured, and how much of it.
 *
 * @param creators in {@link Part#SETTLEMENT}, each with an event of each of so many articles
 * @param interval of {@link Part#DATABASE}, and the length of {@link Part#OUTAGE}
 * @param rate events a second in {@link Part#DATABASE}, {@link Part#START} and {@link Part#OUTAGE}
 * @param remembered identities in the logs in {@link Part#START}
 * @param workerHeap most memory for objects of the worker, as the JVM takes it: {@code 256m}
 */
record ScalePlan(
        Set<Part> parts,
        int creators,
        int articles,
        Duration interval,
        int rate,
        int remembered,
        String workerHeap,
        long seed) {
    ScalePlan {
        parts = Set.copyOf(parts);
    }

    /** Of the services of one part, with so long from one settlement to the next. */
    MillraceStack.Setup setup(Duration settled) {
        return new MillraceStack.Setup(settled, List.of("-Xmx" + workerHeap, "-XX:+UseSerialGC"));
    }

    /** What is measured. */
    enum Part {
        /** One settlement of very many active creators. */
        SETTLEMENT,
        /** What one interval of steady traffic costs the database. */
        DATABASE,
        /** A node that starts with very many identities in the logs. */
        START,
        /** Four nodes that count for one creator. */
        NODES,
        /** A creator's live balance, by the number of publishers. */
        BALANCE,
        /** What a node takes at its peak while very many balances are followed. */
        FOLLOWERS,
        /** Redis' memory while Postgres is away. */
        OUTAGE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
