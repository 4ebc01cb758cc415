package dev.millrace.local.process;

import java.util.List;
import java.util.stream.Collectors;

/** A Unix signal, sent by the {@code kill} that is built into every POSIX shell. */
public enum Signal {
    INT,
    HUP,
    TERM,
    KILL,
    STOP,
    CONT;

    /** Sends this signal to each process; one that is gone already is no error. */
    public void send(List<ProcessHandle> processes) {
        if (!processes.isEmpty()) {
            String pids = processes.stream().map(p -> Long.toString(p.pid())).collect(Collectors.joining(" "));
            Programs.output(List.of("/bin/sh", "-c", "kill -" + name() + " " + pids));
        }
    }
}
