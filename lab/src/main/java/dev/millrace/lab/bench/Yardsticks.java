package dev.millrace.lab.bench;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * What results are held against: {@code raw-redis} at the same AOF setting and number of creators, {@code noop-http} with
 * requests of the same size, which does not look at events and so has no viral case, {@code row-update} of as many creators with
 * 64 connections. Rates that were given, not reached, are held against nothing.
 *
 * @param results all of the run
 */
record Yardsticks(List<Result> results) {
    private static final String MOST_CONNECTIONS = "clients-64";

    Yardsticks {
        results = List.copyOf(results);
    }

    /** Events a second divided by the yardstick's, by its name; only where it was measured in the same run. */
    Map<String, Double> ratios(Result result) {
        Scenario scenario = result.scenario();
        Map<String, Double> ratios = new TreeMap<>();
        if (Peaks.isHalf(scenario.shape())) {
            return ratios;
        }
        if (scenario.aof() != null) {
            compare(
                            result,
                            RawRedis.NAME,
                            yardstick -> Objects.equals(yardstick.aof(), scenario.aof())
                                    && yardstick.creators() == scenario.creators())
                    .ifPresent(ratio -> ratios.put(RawRedis.NAME, ratio));
        }
        compare(result, NoopHttp.NAME, yardstick -> yardstick.shape().equals(scenario.shape()))
                .ifPresent(ratio -> ratios.put(NoopHttp.NAME, ratio));
        compare(
                        result,
                        RowUpdate.NAME,
                        yardstick -> yardstick.shape().name().equals(MOST_CONNECTIONS)
                                && yardstick.creators() == scenario.creators())
                .ifPresent(ratio -> ratios.put(RowUpdate.NAME, ratio));
        return ratios;
    }

    private Optional<Double> compare(Result result, String name, Predicate<Scenario> same) {
        return results.stream()
                .filter(yardstick -> !yardstick.equals(result))
                .filter(yardstick -> yardstick.scenario().contestant().equals(name))
                .filter(yardstick -> same.test(yardstick.scenario()))
                .map(yardstick -> result.eventsPerSecond().median()
                        / yardstick.eventsPerSecond().median())
                .findFirst();
    }
}
