package dev.millrace.lab.overload;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.report.Spread;
import dev.millrace.lab.stack.Aof;
import dev.millrace.lab.stack.Sums;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Outcomes, made up. */
final class Outcomes {
    static final double PEAK = 10_000;

    private static final long MILLI = 1_000_000;
    private static final Plan PLAN =
            new Plan(Duration.ofSeconds(10), Case.SINGLE, List.of(300), Aof.ALWAYS, EnumSet.allOf(Part.class), 1);

    private Outcomes() {}

    static Outcome of(List<Level> levels, List<FloodRun> flood, String... failures) {
        return of(levels, flood, null, failures);
    }

    static Outcome of(List<Level> levels, List<FloodRun> flood, @Nullable BalancesRun balances, String... failures) {
        return new Outcome(
                PLAN,
                new Spread(PEAK, PEAK, PEAK),
                PLAN.length(),
                levels,
                flood,
                balances,
                List.of("redis"),
                List.of(failures),
                Duration.ofSeconds(99));
    }

    /** @param backSeconds null where it does not come back */
    static Level level(int percent, double goodput, Score score, Memory memory, @Nullable Double backSeconds) {
        return new Level(
                percent,
                PEAK * percent / 100,
                goodput,
                score,
                percent > 100 ? new Level.Return(backSeconds, new Score(1)) : null,
                7,
                memory,
                Map.of("redis", 1.25),
                new Sums(1_000, 1_000, 1_000));
    }

    static FloodRun flood(double redisSeconds, Score honest, @Nullable Score replays) {
        return new FloodRun(3_000, honest, replays, redisSeconds, new Sums(1_000, 1_000, 1_000));
    }

    /** Read within so many milliseconds, by many within twice that; 10,000 events/s without that, and so many with it. */
    static BalancesRun balances(double p99, double with) {
        return new BalancesRun(
                followed(20, p99),
                followed(1_000, 2 * p99),
                new Spread(PEAK, PEAK, PEAK),
                new Spread(with, with, with),
                List.of(new Sums(1_000, 1_000, 1_000)));
    }

    private static BalancesRun.Followed followed(int perSecond, double p99) {
        return new BalancesRun.Followed(
                perSecond,
                8_000,
                score(100, 5, 0),
                new BalanceReads.Read(10_000, 0, "", new Latency(1, p99, p99, p99)),
                new Sums(1_000, 1_000, 1_000));
    }

    /** So many requests accepted in so many milliseconds, and others refused. */
    static Score score(int accepted, long millis, int refused) {
        Score score = new Score(accepted + refused);
        for (int i = 0; i < accepted; i++) {
            score.addAccepted(i, millis * MILLI, true, Answer.accepted(1, 0, 0).body());
        }
        for (int i = 0; i < refused; i++) {
            score.addShed(MILLI, "503 overloaded", true);
        }
        return score;
    }
}
