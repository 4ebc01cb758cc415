package dev.millrace.lab.scale;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * A node that starts while another one works.
 *
 * @param identities in the logs
 * @param memory what they take, for people
 * @param seconds from the start of its process until it was ready
 * @param perSecond events/s of the other one
 * @param before requests of the other one before
 * @param meanwhile the same until the starting one was ready
 */
record Start(
        long identities,
        String memory,
        double seconds,
        double perSecond,
        Settlements.Latency before,
        Settlements.Latency meanwhile,
        List<String> failures)
        implements Finding {
    Start {
        failures = List.copyOf(failures);
    }

    @Override
    public Part part() {
        return Part.START;
    }

    @Override
    public void addTo(ObjectNode node) {
        node.put("identities", identities)
                .put("seconds", Figure.of(seconds))
                .put("eventsPerSecond", Figure.of(perSecond))
                .put("p99MsBefore", Figure.of(before.p99Ms()))
                .put("p99MsMeanwhile", Figure.of(meanwhile.p99Ms()));
    }

    @Override
    public String text() {
        return """

                Start of a node: ready after %.1f s. %s.
                The other one, at %,.0f events/s in batches of %d: p99 %.1f ms before, %.1f ms meanwhile.
                """.formatted(seconds, memory, perSecond, SteadyLoad.BATCH, before.p99Ms(), meanwhile.p99Ms());
    }
}
