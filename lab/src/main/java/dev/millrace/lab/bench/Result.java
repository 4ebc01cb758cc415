package dev.millrace.lab.bench;

import dev.millrace.lab.command.Percentiles;
import dev.millrace.lab.command.Spread;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.Costs;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What the rounds of a scenario came to. Rates are those of the median round, times of all requests, costs of all rounds.
 *
 * @param rounds without those of the warm-up; at least one
 */
record Result(Scenario scenario, List<Measured> rounds) {
    private static final double MILLION = 1e6;
    private static final double MILLI = 1e6;

    Result {
        rounds = List.copyOf(rounds);
    }

    /**
     * One round as it went.
     *
     * @param events how many were sent
     * @param sendNanos from the first request until all were acknowledged
     * @param settleNanos until the balances held everything, after that
     * @param latency nanoseconds of each request
     * @param cpuSeconds by process, of sending and settling
     * @param spent during the same
     * @param countedMicros sum of the balances
     * @param sentAgain requests that were refused or broke, and were sent again
     */
    record Measured(
            int events,
            long sendNanos,
            long settleNanos,
            Histogram latency,
            Map<String, Double> cpuSeconds,
            Costs spent,
            long countedMicros,
            long sentAgain) {
        private static final double SECOND = 1e9;

        double eventsPerSecond() {
            return events * SECOND / sendNanos;
        }

        /** Until the balances held everything. */
        private double settledPerSecond() {
            return events * SECOND / (sendNanos + settleNanos);
        }

        /** Events that were paid too little for, or, below zero, too much; a part of an event is one. */
        long lost() {
            long micros = events * Events.MICROS - countedMicros;
            return Long.signum(micros) * Math.ceilDiv(Math.abs(micros), Events.MICROS);
        }
    }

    /**
     * A row of the report.
     *
     * @param all results of the run, some of which are what figures are held against
     */
    Map<String, @Nullable Object> row(List<Result> all) {
        Spread speed = spread(Measured::eventsPerSecond);
        Percentiles times = times();
        Costs spent = rounds.stream().map(Measured::spent).reduce(Costs.NONE, Costs::plus);
        double millions = rounds.stream().mapToLong(Measured::events).sum() / MILLION;
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("contestant", scenario.contestant());
        row.put("case", scenario.shape().name());
        row.put("aof", scenario.aof() == null ? null : scenario.aof().toString());
        row.put("creators", scenario.creators());
        row.put("rounds", rounds.size());
        row.put("eventsPerSecond", speed.median());
        row.put("eventsPerSecondMin", speed.least());
        row.put("eventsPerSecondMax", speed.most());
        row.put("settledEventsPerSecond", spread(Measured::settledPerSecond).median());
        row.put("requests", times.requests());
        row.put("p50Ms", times.p50Ms());
        row.put("p99Ms", times.p99Ms());
        row.put("p999Ms", times.p999Ms());
        row.put("settleMs", spread(Measured::settleNanos).median() / MILLI);
        row.put("lost", lost());
        row.put("sentAgain", rounds.stream().mapToLong(Measured::sentAgain).sum());
        row.put("ratios", ratios(all));
        row.putAll(redis(all));
        row.put("cpuSecondsPerMillion", cpuSecondsPerMillion(millions));
        row.put("statementsPerMillion", spent.statements() / millions);
        row.put("rowsPerMillion", spent.rowsWritten() / millions);
        row.put(
                "bytesPerRemembered",
                spent.remembered() == 0 ? null : (double) spent.redisBytes() / spent.remembered());
        return row;
    }

    private Percentiles times() {
        Histogram latency = new Histogram(3);
        rounds.forEach(round -> latency.add(round.latency()));
        return Percentiles.of(latency);
    }

    /** Events that are not in the balances. A round that pays too much must not hide one that pays too little. */
    private long lost() {
        long missing =
                rounds.stream().mapToLong(round -> Math.max(0, round.lost())).sum();
        return missing > 0 ? missing : rounds.stream().mapToLong(Measured::lost).sum();
    }

    private Map<String, Double> cpuSecondsPerMillion(double millions) {
        Map<String, Double> seconds = new TreeMap<>();
        rounds.forEach(round ->
                round.cpuSeconds().forEach((name, spent) -> seconds.merge(name, spent / millions, Double::sum)));
        return seconds;
    }

    /**
     * Events a second divided by the yardstick's, by its name: {@code raw-redis} at the same AOF setting and number of creators,
     * {@code noop-http} with requests of the same size, {@code row-update} of as many creators with 64 connections,
     * {@code naive-redis} set and asked alike, and {@code kafka} by what is settled. Rates that were given are held against
     * nothing.
     */
    private Map<String, @Nullable Double> ratios(List<Result> all) {
        Map<String, @Nullable Double> ratios = new TreeMap<>();
        if (scenario.hasGivenRate()) {
            return ratios;
        }
        ToDoubleFunction<Result> speed =
                each -> each.spread(Measured::eventsPerSecond).median();
        ToDoubleFunction<Result> settled =
                each -> each.spread(Measured::settledPerSecond).median();
        Map<String, Predicate<Scenario>> yardsticks = Map.of(
                RawRedis.NAME, other -> scenario.aof() != null && isOfOneRedis(other),
                NoopHttp.NAME, other -> other.shape().equals(scenario.shape()),
                RowUpdate.NAME,
                        other -> other.shape().name().equals(RowUpdate.MOST_CLIENTS)
                                && other.creators() == scenario.creators(),
                NaiveRedis.NAME, scenario::isLike);
        yardsticks.forEach((name, isYardstick) -> ratios.put(name, ratio(all, name, isYardstick, speed)));
        if (!scenario.contestant().equals(NoopHttp.NAME)) {
            Predicate<Scenario> isAsked =
                    other -> other.shape().equals(scenario.shape()) && other.creators() == scenario.creators();
            ratios.put(KafkaStreamsTotals.NAME, ratio(all, KafkaStreamsTotals.NAME, isAsked, settled));
        }
        ratios.values().removeIf(Objects::isNull);
        return ratios;
    }

    /**
     * Redis' CPU of an event until the balances held everything, where there is a Redis: microseconds; in INCRBYFLOATs of {@code
     * raw-redis} at the same AOF setting and number of creators; and where many identities are remembered, in that of {@code
     * millrace} whose logs were empty.
     */
    private Map<String, @Nullable Double> redis(List<Result> all) {
        ToDoubleFunction<Result> micros =
                each -> each.spread(round -> (double) round.spent().redisMicros() / round.events())
                        .median();
        Map<String, @Nullable Double> redis = new LinkedHashMap<>();
        double own = micros.applyAsDouble(this);
        if (own > 0) {
            redis.put("redisMicrosPerEvent", own);
            redis.put("redisIncrements", ratio(all, RawRedis.NAME, this::isOfOneRedis, micros));
        }
        if (scenario.contestant().equals(MillraceServices.REMEMBERED)) {
            redis.put("redisAgainstEmptyLogs", ratio(all, MillraceServices.NAME, scenario::isLike, micros));
        }
        redis.values().removeIf(Objects::isNull);
        return redis;
    }

    private boolean isOfOneRedis(Scenario other) {
        return other.aof() == scenario.aof() && other.creators() == scenario.creators();
    }

    /** Null where the yardstick was not measured; nothing is held against itself. */
    private @Nullable Double ratio(
            List<Result> all, String name, Predicate<Scenario> isYardstick, ToDoubleFunction<Result> figure) {
        return all.stream()
                .filter(other -> other.scenario.contestant().equals(name) && isYardstick.test(other.scenario))
                .filter(other -> !other.scenario.equals(scenario))
                .findFirst()
                .map(other -> figure.applyAsDouble(this) / figure.applyAsDouble(other))
                .orElse(null);
    }

    private Spread spread(ToDoubleFunction<Measured> figure) {
        return Spread.of(rounds.stream().map(figure::applyAsDouble).toList());
    }
}
