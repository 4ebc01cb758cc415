package dev.millrace.lab.scale;

import dev.millrace.lab.report.Grid;
import dev.millrace.lab.report.Spread;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * Events a second by the number of creators.
 *
 * @param rounds by creators, the fewest first; each has at least one
 */
record Growth(Map<Size, List<Round>> rounds, List<String> failures) implements Finding {
    Growth {
        rounds = new LinkedHashMap<>(rounds);
        failures = List.copyOf(failures);
    }

    /**
     * @param creators that events are drawn from
     * @param full whether the open epochs hold all of them when it begins
     */
    record Size(int creators, boolean full) {
        @Override
        public String toString() {
            return "%,d creators, open epochs %s".formatted(creators, epochs());
        }

        String epochs() {
            return full ? "full" : "empty";
        }
    }

    /** @param settleMillis from the last acknowledgement until the ledger held everything */
    record Round(double eventsPerSecond, double settleMillis) {}

    @Override
    public Part part() {
        return Part.GROWTH;
    }

    /**
     * How much slower the slowest number of creators is than the fastest, by medians: 0 when all are alike, below 1.
     *
     * @param full of those with open epochs that hold all creators, or of the others
     */
    double loss(boolean full) {
        Spread medians = Spread.of(rounds.entrySet().stream()
                .filter(size -> size.getKey().full() == full)
                .map(size -> speed(size.getValue()).median())
                .toList());
        return 1 - medians.least() / medians.most();
    }

    private static Spread speed(List<Round> rounds) {
        return Spread.of(rounds.stream().map(Round::eventsPerSecond).toList());
    }

    private static Spread settling(List<Round> rounds) {
        return Spread.of(rounds.stream().map(Round::settleMillis).toList());
    }

    @Override
    public void addTo(ObjectNode node) {
        node.put("loss", Figure.of(loss(false))).put("lossFull", Figure.of(loss(true)));
        var sizes = node.putArray("sizes");
        rounds.forEach((size, taken) -> sizes.addObject()
                .put("creators", size.creators())
                .put("openEpochs", size.epochs())
                .put("rounds", taken.size())
                .put("eventsPerSecond", Figure.of(speed(taken).median()))
                .put("eventsPerSecondMin", Figure.of(speed(taken).least()))
                .put("eventsPerSecondMax", Figure.of(speed(taken).most()))
                .put("settleMs", Figure.of(settling(taken).median())));
    }

    @Override
    public String text() {
        Grid grid = new Grid(Set.of());
        grid.add("creators", "open epochs", "events/s", "min-max", "settle ms");
        rounds.forEach((size, taken) -> {
            Spread speed = speed(taken);
            grid.add(
                    "%,d".formatted(size.creators()),
                    size.epochs(),
                    "%,.0f".formatted(speed.median()),
                    "%,.0f-%,.0f".formatted(speed.least(), speed.most()),
                    "%,.0f".formatted(settling(taken).median()));
        });
        return "\nEvents a second in batches of %,d; medians of rounds in turns. The slowest is %.0f %% slower than the fastest, %.0f %% where the open epochs hold all creators.\n"
                        .formatted(Feed.BATCH, loss(false) * 100, loss(true) * 100)
                + grid;
    }
}
