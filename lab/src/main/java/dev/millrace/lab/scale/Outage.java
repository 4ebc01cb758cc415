package dev.millrace.lab.scale;

import dev.millrace.lab.report.Grid;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * Memory of what is not settled while Postgres is away.
 *
 * @param perSecond events/s meanwhile
 * @param names different records that they may have
 */
record Outage(double perSecond, long names, List<Sample> samples, List<String> failures) implements Finding {
    Outage {
        samples = List.copyOf(samples);
        failures = List.copyOf(failures);
    }

    /**
     * One look.
     *
     * @param seconds since Postgres was killed
     * @param entries of the streams of records
     * @param folded names that are summed
     * @param bytes of Redis for streams, sums and creators' earnings
     */
    record Sample(double seconds, long entries, long folded, long bytes) {}

    @Override
    public Part part() {
        return Part.OUTAGE;
    }

    @Override
    public void addTo(ObjectNode node) {
        node.put("eventsPerSecond", Figure.of(perSecond)).put("names", names);
        var array = node.putArray("samples");
        samples.forEach(sample -> array.addObject()
                .put("seconds", Figure.of(sample.seconds()))
                .put("entries", sample.entries())
                .put("folded", sample.folded())
                .put("bytes", sample.bytes()));
    }

    @Override
    public String text() {
        Grid grid = new Grid(Set.of());
        grid.add("seconds", "entries", "folded names", "bytes");
        samples.forEach(sample -> grid.add(
                "%.0f".formatted(sample.seconds()),
                "%,d".formatted(sample.entries()),
                "%,d".formatted(sample.folded()),
                "%,d".formatted(sample.bytes())));
        return "\nWhile Postgres is away, at %,.0f events/s of at most %,d names: records and earnings in Redis.\n"
                        .formatted(perSecond, names)
                + grid;
    }
}
