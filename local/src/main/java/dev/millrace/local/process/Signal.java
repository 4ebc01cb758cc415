package dev.millrace.local.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Collectors;

/** A Unix signal, sent by the {@code kill} that is built into every POSIX shell. */
public enum Signal {
    INT,
    TERM,
    KILL,
    STOP,
    CONT;

    /** Sends this signal to each process; one that is gone already is no error. */
    public void send(ProcessHandle... processes) {
        send(List.of(processes));
    }

    /** The same for several. */
    public void send(List<ProcessHandle> processes) {
        if (processes.isEmpty()) {
            return;
        }
        String pids = processes.stream().map(p -> Long.toString(p.pid())).collect(Collectors.joining(" "));
        try {
            new ProcessBuilder("/bin/sh", "-c", "kill -" + name() + " " + pids)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException("can't send SIG" + name() + " to " + pids, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
