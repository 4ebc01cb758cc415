package dev.millrace.local.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What to run as a child process.
 *
 * @param name how messages call it
 * @param command program and arguments
 * @param environment variables that are set on top of our own
 * @param directory its working directory
 * @param log the file its standard output and error are appended to; parent folders are created
 */
public record ChildPlan(String name, List<String> command, Map<String, String> environment, Path directory, Path log) {
    public ChildPlan {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
    }

    /**
     * The command in a session of its own where {@code setsid} is at hand, so that Ctrl-C in the terminal reaches only
     * us and children are stopped in order. {@code setsid} replaces itself by the command: the pid stays the same.
     */
    List<String> detachedCommand() {
        return Programs.onPath("setsid")
                .map(setsid -> {
                    List<String> detached = new ArrayList<>(List.of(setsid.toString()));
                    detached.addAll(command);
                    return detached;
                })
                .orElse(command);
    }
}
