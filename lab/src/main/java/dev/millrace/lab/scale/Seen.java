package dev.millrace.lab.scale;

import dev.millrace.common.identity.Identity;
import dev.millrace.lab.report.Grid;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * What it takes to remember an identity.
 *
 * @param server Redis and its settings
 */
record Seen(String server, List<Size> sizes, List<String> failures) implements Finding {
    /** The short span, and so how long one of its generations lasts: seconds. */
    static final int SPAN = 7_800;

    Seen {
        sizes = List.copyOf(sizes);
        failures = List.copyOf(failures);
    }

    /**
     * By how many identities share a set.
     *
     * @param members of each set of both generations
     * @param encoding how Redis holds such a set
     * @param bytes of Redis an identity, the sets' names included
     * @param lookUpMicros of Redis' thread for finding that an identity is not in the generation before
     * @param addMicros of Redis' thread for adding it to the current one
     */
    record Size(int members, String encoding, double bytes, double lookUpMicros, double addMicros) {
        /** Events a second of all partitions that leave such sets at the end of a generation. */
        double eventsPerSecond() {
            return (double) members * Identity.BUCKETS * Identity.PARTITIONS / SPAN;
        }
    }

    @Override
    public Part part() {
        return Part.SEEN;
    }

    @Override
    public void addTo(ObjectNode node) {
        node.put("server", server);
        var array = node.putArray("sizes");
        sizes.forEach(size -> array.addObject()
                .put("members", size.members())
                .put("eventsPerSecond", Figure.of(size.eventsPerSecond()))
                .put("encoding", size.encoding())
                .put("bytes", Figure.of(size.bytes()))
                .put("lookUpMicros", Figure.of(size.lookUpMicros()))
                .put("addMicros", Figure.of(size.addMicros())));
    }

    @Override
    public String text() {
        Grid grid = new Grid(Set.of(2));
        grid.add("members", "events/s", "held as", "bytes/id", "look-up us", "add us");
        sizes.forEach(size -> grid.add(
                "%,d".formatted(size.members()),
                "%,.0f".formatted(size.eventsPerSecond()),
                size.encoding(),
                "%.1f".formatted(size.bytes()),
                "%.2f".formatted(size.lookUpMicros()),
                "%.2f".formatted(size.addMicros())));
        return "\nIdentities in each set of both generations; events/s that leave such sets at the end of a generation of %,d s; Redis' time within a script. %s\n"
                        .formatted(SPAN, server)
                + grid;
    }
}
