package dev.millrace.lab.bench;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * What results are held against: {@code raw-redis} at the same AOF setting and number of creators, {@code noop-http} with
 * requests of the same size, which does not look at events and so has no viral case, {@code row-update} of as many creators with
 * 64 connections, {@code naive-redis} set and asked alike, and {@code kafka} by what is settled, which the server that does nothing has none of. Rates that were given, not reached, are held
 * against nothing.
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
        if (Peaks.isGiven(scenario.shape())) {
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
        compare(result, CountersInRedis.NAIVE, yardstick -> isAlike(yardstick, scenario))
                .ifPresent(ratio -> ratios.put(CountersInRedis.NAIVE, ratio));
        compare(
                        result,
                        KafkaStreamsTotals.NAME,
                        yardstick -> !scenario.contestant().equals(NoopHttp.NAME)
                                && yardstick.shape().equals(scenario.shape())
                                && yardstick.creators() == scenario.creators(),
                        Result::settledPerSecond)
                .ifPresent(ratio -> ratios.put(KafkaStreamsTotals.NAME, ratio));
        return ratios;
    }

    /** Redis' CPU of an event in INCRBYFLOATs of {@code raw-redis}, at the same AOF setting and number of creators. */
    Optional<Double> increments(Result result) {
        return result.redisMicros() == 0
                ? Optional.empty()
                : compare(
                        result,
                        RawRedis.NAME,
                        yardstick -> yardstick.aof() == result.scenario().aof()
                                && yardstick.creators() == result.scenario().creators(),
                        Result::redisMicros);
    }

    /** Redis' CPU of an event where many are remembered already, in that of {@code millrace} whose logs were empty. */
    Optional<Double> againstEmptyLogs(Result result) {
        return result.scenario().contestant().equals(Millrace.REMEMBERED)
                ? compare(
                        result, Millrace.NAME, yardstick -> isAlike(yardstick, result.scenario()), Result::redisMicros)
                : Optional.empty();
    }

    private static boolean isAlike(Scenario yardstick, Scenario scenario) {
        return yardstick.shape().equals(scenario.shape())
                && yardstick.aof() == scenario.aof()
                && yardstick.creators() == scenario.creators();
    }

    private Optional<Double> compare(Result result, String name, Predicate<Scenario> same) {
        return compare(result, name, same, one -> one.eventsPerSecond().median());
    }

    private Optional<Double> compare(
            Result result, String name, Predicate<Scenario> same, ToDoubleFunction<Result> figure) {
        return results.stream()
                .filter(yardstick -> !yardstick.equals(result))
                .filter(yardstick -> yardstick.scenario().contestant().equals(name))
                .filter(yardstick -> same.test(yardstick.scenario()))
                .map(yardstick -> figure.applyAsDouble(result) / figure.applyAsDouble(yardstick))
                .findFirst();
    }
}
