package dev.millrace.lab.bench;

import dev.millrace.lab.command.Percentiles;
import dev.millrace.lab.command.Spread;
import dev.millrace.lab.stack.Costs;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What the rounds of one scenario came to.
 *
 * @param rounds that were measured, without the warm-up; at least one
 */
record ScenarioFigures(Scenario scenario, List<RoundFigures> rounds) {
    private static final double MILLION = 1e6;
    private static final double MILLI = 1e6;

    ScenarioFigures {
        rounds = List.copyOf(rounds);
    }

    /** Acknowledged. */
    Spread eventsPerSecond() {
        return spread(RoundFigures::eventsPerSecond);
    }

    /** Until the balances held everything, of the median round. */
    double settledPerSecond() {
        return spread(RoundFigures::settledPerSecond).median();
    }

    double settleMs() {
        return spread(RoundFigures::settleNanos).median() / MILLI;
    }

    /** Of the requests of all rounds. */
    Percentiles times() {
        Histogram latency = new Histogram(3);
        rounds.forEach(round -> latency.add(round.latency()));
        return Percentiles.of(latency);
    }

    /** Microseconds of Redis' CPU for an event, until the balances held everything; 0 where there is no Redis. */
    double redisMicros() {
        return spread(round -> (double) round.spent().redisMicros() / round.events())
                .median();
    }

    /** Seconds of CPU for a million events, by process. */
    Map<String, Double> cpuSecondsPerMillion() {
        Map<String, Double> seconds = new TreeMap<>();
        rounds.forEach(round ->
                round.cpuSeconds().forEach((name, spent) -> seconds.merge(name, spent / millions(), Double::sum)));
        return seconds;
    }

    double statementsPerMillion() {
        return spent().statements() / millions();
    }

    double rowsPerMillion() {
        return spent().rowsWritten() / millions();
    }

    /** Memory of Redis for one identity it remembers, in bytes; null where it remembers none. */
    @Nullable
    Double bytesPerRemembered() {
        return spent().remembered() == 0 ? null : (double) spent().redisBytes() / spent().remembered();
    }

    /** Events that are not in the balances. A round that pays too much must not hide one that pays too little. */
    long lost() {
        List<Long> lost = rounds.stream().map(RoundFigures::lost).toList();
        long missing = lost.stream().mapToLong(each -> Math.max(0, each)).sum();
        return missing > 0 ? missing : lost.stream().mapToLong(Long::longValue).sum();
    }

    /** Requests. */
    long sentAgain() {
        return rounds.stream().mapToLong(RoundFigures::sentAgain).sum();
    }

    private Costs spent() {
        return rounds.stream().map(RoundFigures::spent).reduce(Costs.NONE, Costs::plus);
    }

    private double millions() {
        return rounds.stream().mapToLong(RoundFigures::events).sum() / MILLION;
    }

    private Spread spread(ToDoubleFunction<RoundFigures> figure) {
        return Spread.of(rounds.stream().map(figure::applyAsDouble).toList());
    }
}
