package dev.millrace.lab.overload;

import dev.millrace.lab.report.Spread;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run came to.
 *
 * @param plan that it followed
 * @param peak events a second in a closed loop, of several rounds
 * @param length of each level, which may be shorter than planned
 * @param levels in the order in which they were run
 * @param flood its runs, in order
 * @param balances how they were read, or null where that was left out
 * @param servers the binaries that ran and how they were set, a line each
 * @param failures whatever must not be: events lost or paid twice, answers that nobody expects, a run that broke off
 * @param took all in all
 */
record Outcome(
        Plan plan,
        Spread peak,
        Duration length,
        List<Level> levels,
        List<FloodRun> flood,
        @Nullable BalancesRun balances,
        List<String> servers,
        List<String> failures,
        Duration took) {
    Outcome {
        levels = List.copyOf(levels);
        flood = List.copyOf(flood);
        servers = List.copyOf(servers);
        failures = List.copyOf(failures);
    }

    boolean isGood() {
        return failures.isEmpty();
    }
}
