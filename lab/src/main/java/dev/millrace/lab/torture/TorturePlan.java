package dev.millrace.lab.torture;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Everything that decides on a run.
 *
 * @param length how long faults happen
 * @param seed of the faults
 * @param kinds of faults
 * @param both share of the events that are sent to both nodes at the same time, 0 to 1
 */
record TorturePlan(Duration length, long seed, Set<Fault.Kind> kinds, double both) {
    /** One event in a hundred. */
    static final double USUAL_BOTH = 0.01;

    private static final double MINUTE = 60_000;

    /** The command that runs the same again. */
    String command() {
        String minutes = "%s".formatted(length.toMillis() / MINUTE).replaceAll("\\.0$", "");
        String command = "./millrace torture --minutes %s --seed %d".formatted(minutes, seed);
        if (both != USUAL_BOTH) {
            command += " --both " + both;
        }
        return kinds.containsAll(List.of(Fault.Kind.values()))
                ? command
                : command + " --faults "
                        + kinds.stream().sorted().map(Fault.Kind::toString).collect(Collectors.joining(","));
    }
}
