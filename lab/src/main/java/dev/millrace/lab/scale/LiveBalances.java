package dev.millrace.lab.scale;

import dev.millrace.lab.report.Grid;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** What a creator's live balance takes, by the number of publishers there are. */
record LiveBalances(List<Size> sizes, List<String> failures) implements Finding {
    LiveBalances {
        sizes = List.copyOf(sizes);
        failures = List.copyOf(failures);
    }

    /**
     * With so many publishers, each of which owes the creator something that is not settled.
     *
     * @param latency of a read, one after the other
     * @param commands to Redis for a read, without those that come anyway
     * @param redisMicros of Redis' CPU for a read, likewise
     * @param statements of SQL for a read, likewise
     */
    record Size(int publishers, Settlements.Latency latency, double commands, double redisMicros, double statements) {}

    @Override
    public Part part() {
        return Part.BALANCE;
    }

    @Override
    public void addTo(ObjectNode node) {
        var array = node.putArray("sizes");
        sizes.forEach(size -> array.addObject()
                .put("publishers", size.publishers())
                .put("p50Ms", Figure.of(size.latency().p50Ms()))
                .put("p99Ms", Figure.of(size.latency().p99Ms()))
                .put("commands", Figure.of(size.commands()))
                .put("redisMicros", Figure.of(size.redisMicros()))
                .put("statements", Figure.of(size.statements())));
    }

    @Override
    public String text() {
        Grid grid = new Grid(Set.of());
        grid.add("publishers", "p50 ms", "p99 ms", "commands", "redis us", "statements");
        sizes.forEach(size -> grid.add(
                "%,d".formatted(size.publishers()),
                "%.2f".formatted(size.latency().p50Ms()),
                "%.2f".formatted(size.latency().p99Ms()),
                "%.2f".formatted(size.commands()),
                "%.1f".formatted(size.redisMicros()),
                "%.2f".formatted(size.statements())));
        return "\nA live balance, one read after the other: commands to Redis, its CPU and SQL statements for each.\n"
                + grid;
    }
}
