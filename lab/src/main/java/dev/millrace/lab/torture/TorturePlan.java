package dev.millrace.lab.torture;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What decides on a run.
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

    TorturePlan {
        kinds = Set.copyOf(kinds);
    }

    Schedule schedule() {
        return Schedule.draw(seed, length, kinds);
    }

    /** The command that runs the same again. */
    String command() {
        String minutes = "%s".formatted(length.toMillis() / MINUTE).replaceAll("\\.0$", "");
        String command = "./millrace torture --minutes %s --seed %d".formatted(minutes, seed);
        if (both != USUAL_BOTH) {
            command += " --both " + both;
        }
        return kinds.equals(EnumSet.allOf(Fault.Kind.class))
                ? command
                : command + " --faults "
                        + kinds.stream().sorted().map(Fault.Kind::toString).collect(Collectors.joining(","));
    }
}
