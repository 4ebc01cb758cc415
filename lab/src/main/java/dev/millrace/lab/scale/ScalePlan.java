package dev.millrace.lab.scale;

import dev.millrace.lab.stack.MillraceStack;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * What is measured, and how much of it.
 *
 * @param parts at least one
 * @param creators how many very many are
 * @param articles of each creator in {@link Part#SETTLEMENT}, each read once
 * @param rounds measured ones of each size in {@link Part#GROWTH}
 * @param interval from one settlement to the next in {@link Part#DATABASE}, which is measured over one; length of {@link Part#OUTAGE}
 * @param rate events a second in {@link Part#DATABASE}, {@link Part#START} and {@link Part#OUTAGE}
 * @param remembered identities in the logs in {@link Part#START}
 * @param workerHeap most memory for objects of the worker, as the JVM takes it: {@code 256m}
 * @param seed what events are drawn from
 */
record ScalePlan(
        Set<Part> parts,
        int creators,
        int articles,
        int rounds,
        Duration interval,
        int rate,
        int remembered,
        String workerHeap,
        long seed) {
    ScalePlan {
        parts = Set.copyOf(parts);
    }

    /**
     * Of the services of one part.
     *
     * @param settled from one settlement to the next
     */
    MillraceStack.Setup setup(Duration settled) {
        return new MillraceStack.Setup(settled, List.of("-Xmx" + workerHeap, "-XX:+UseSerialGC"));
    }
}
