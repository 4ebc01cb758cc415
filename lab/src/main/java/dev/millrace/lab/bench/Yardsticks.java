package dev.millrace.lab.bench;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What figures are held against, where it was measured in the same run.
 *
 * @param all figures of the run
 */
record Yardsticks(List<ScenarioFigures> all) {
    /**
     * Events a second divided by the yardstick's, by its name: {@code raw-redis} at the same AOF setting and number of creators,
     * {@code noop-http} with requests of the same size, {@code row-update} of as many creators with 64 connections,
     * {@code naive-redis} set and asked alike, and {@code kafka} by what is settled. Rates that were given are held against
     * nothing.
     */
    Map<String, Double> ratios(ScenarioFigures figures) {
        Scenario scenario = figures.scenario();
        Map<String, Double> ratios = new TreeMap<>();
        if (scenario.hasGivenRate()) {
            return ratios;
        }
        ToDoubleFunction<ScenarioFigures> speed = each -> each.eventsPerSecond().median();
        Map<String, Predicate<Scenario>> yardsticks = Map.of(
                RawRedis.NAME, other -> scenario.aof() != null && isOfOneRedis(other, scenario),
                NoopHttp.NAME, other -> other.shape().equals(scenario.shape()),
                RowUpdate.NAME,
                        other -> other.shape().name().equals(RowUpdate.MOST_CLIENTS)
                                && other.creators() == scenario.creators(),
                NaiveRedis.NAME, other -> other.isLike(scenario));
        yardsticks.forEach((name, isYardstick) -> put(ratios, name, ratio(figures, name, isYardstick, speed)));
        boolean settles = !scenario.contestant().equals(NoopHttp.NAME);
        put(
                ratios,
                KafkaStreamsTotals.NAME,
                ratio(
                        figures,
                        KafkaStreamsTotals.NAME,
                        other -> settles
                                && other.shape().equals(scenario.shape())
                                && other.creators() == scenario.creators(),
                        ScenarioFigures::settledPerSecond));
        return ratios;
    }

    /** Redis' CPU of an event in INCRBYFLOATs of {@code raw-redis}, at the same AOF setting and number of creators. */
    @Nullable
    Double increments(ScenarioFigures figures) {
        return figures.redisMicros() == 0
                ? null
                : ratio(
                        figures,
                        RawRedis.NAME,
                        other -> isOfOneRedis(other, figures.scenario()),
                        ScenarioFigures::redisMicros);
    }

    /** Redis' CPU of an event where many are remembered already, in that of {@code millrace} whose logs were empty. */
    @Nullable
    Double againstEmptyLogs(ScenarioFigures figures) {
        return figures.scenario().contestant().equals(MillraceServices.REMEMBERED)
                ? ratio(
                        figures,
                        MillraceServices.NAME,
                        other -> other.isLike(figures.scenario()),
                        ScenarioFigures::redisMicros)
                : null;
    }

    private static boolean isOfOneRedis(Scenario other, Scenario scenario) {
        return other.aof() == scenario.aof() && other.creators() == scenario.creators();
    }

    private static void put(Map<String, Double> ratios, String name, @Nullable Double ratio) {
        if (ratio != null) {
            ratios.put(name, ratio);
        }
    }

    private @Nullable Double ratio(
            ScenarioFigures figures,
            String name,
            Predicate<Scenario> isYardstick,
            ToDoubleFunction<ScenarioFigures> figure) {
        for (ScenarioFigures other : all) {
            Scenario scenario = other.scenario();
            if (!scenario.equals(figures.scenario())
                    && scenario.contestant().equals(name)
                    && isYardstick.test(scenario)) {
                return figure.applyAsDouble(figures) / figure.applyAsDouble(other);
            }
        }
        return null;
    }
}
