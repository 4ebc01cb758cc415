package dev.millrace.lab.bench;

import dev.millrace.lab.report.Spread;
import dev.millrace.lab.stack.Costs;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/**
 * What the rounds of one scenario came to.
 *
 * @param rounds that were measured, without the warm-up
 * @param eventsPerSecond acknowledged
 * @param settledPerSecond events a second until the balances held everything; the median round
 * @param requests whose times were taken
 * @param p50Ms of the requests of all rounds, like the next two
 * @param settleMs from the last acknowledgement until the balances held everything
 * @param cpuSecondsPerMillion seconds of CPU for a million events, by process
 * @param statementsPerMillion SQL statements for a million events
 * @param rowsPerMillion rows written for a million events
 * @param redisMicros microseconds of Redis' CPU for an event, until the balances held everything; 0 where there is no Redis
 * @param bytesPerRemembered memory of Redis for one identity it remembers; 0 where it remembers none
 * @param lost events that are not in the balances, all rounds together; any round that is not exact makes it differ from 0
 * @param repeated requests that were sent again
 */
record Result(
        Scenario scenario,
        int rounds,
        Spread eventsPerSecond,
        double settledPerSecond,
        long requests,
        double p50Ms,
        double p99Ms,
        double p999Ms,
        double settleMs,
        Map<String, Double> cpuSecondsPerMillion,
        double statementsPerMillion,
        double rowsPerMillion,
        double redisMicros,
        double bytesPerRemembered,
        long lost,
        long repeated) {
    private static final double MILLION = 1e6;
    private static final double MILLI = 1e6;
    private static final int DIGITS = 3;

    Result {
        cpuSecondsPerMillion = Map.copyOf(cpuSecondsPerMillion);
    }

    /** @param rounds at least one */
    static Result of(Scenario scenario, List<Measured> rounds) {
        double millions = rounds.stream().mapToLong(Measured::events).sum() / MILLION;
        Histogram latency = new Histogram(DIGITS);
        rounds.forEach(round -> latency.add(round.latency()));
        Costs spent = rounds.stream().map(Measured::spent).reduce(Costs.NONE, Costs::plus);
        return new Result(
                scenario,
                rounds.size(),
                spread(rounds, Measured::eventsPerSecond),
                spread(rounds, Measured::settledPerSecond).median(),
                latency.getTotalCount(),
                latency.getValueAtPercentile(50) / MILLI,
                latency.getValueAtPercentile(99) / MILLI,
                latency.getValueAtPercentile(99.9) / MILLI,
                spread(rounds, Measured::settleMillis).median(),
                cpu(rounds, millions),
                spent.statements() / millions,
                spent.rowsWritten() / millions,
                spread(rounds, round -> (double) round.redisMicros() / round.events())
                        .median(),
                spent.remembered() == 0 ? 0 : (double) spent.redisBytes() / spent.remembered(),
                lost(rounds),
                rounds.stream().mapToLong(Measured::repeated).sum());
    }

    /** A round that pays too much must not hide one that pays too little. */
    private static long lost(List<Measured> rounds) {
        long missing = rounds.stream()
                .mapToLong(Measured::lost)
                .filter(lost -> lost > 0)
                .sum();
        long surplus = rounds.stream()
                .mapToLong(Measured::lost)
                .filter(lost -> lost < 0)
                .sum();
        return missing > 0 ? missing : surplus;
    }

    private static Spread spread(List<Measured> rounds, ToDoubleFunction<Measured> figure) {
        return Spread.of(rounds.stream().map(figure::applyAsDouble).toList());
    }

    private static Map<String, Double> cpu(List<Measured> rounds, double millions) {
        Map<String, Double> seconds = new TreeMap<>();
        rounds.forEach(round -> round.cpuSeconds().forEach((name, spent) -> seconds.merge(name, spent, Double::sum)));
        seconds.replaceAll((_, spent) -> spent / millions);
        return seconds;
    }
}
