package dev.millrace.lab.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/** Seconds of CPU that processes have used. */
public final class CpuTime {
    /** Of /proc: the same on every Linux, whatever the kernel's own clock does. */
    private static final double TICKS_A_SECOND = 100;

    /** Where user time, system time and both of the children that have ended stand in /proc/<pid>/stat behind the name. */
    private static final int FIRST = 11;

    private static final int LAST = 14;

    private CpuTime() {}

    /** Of this process alone, without what it has started. */
    static double ofThisProcess() {
        return seconds(ProcessHandle.current());
    }

    /**
     * Of a process and all that it has started. What has ended is counted where there is a /proc; elsewhere it is not.
     *
     * @return 0 when there is no such process
     */
    public static double ofTree(long pid) {
        return ProcessHandle.of(pid).stream()
                .flatMap(root -> Stream.concat(Stream.of(root), root.descendants()))
                .mapToDouble(CpuTime::withEndedChildren)
                .sum();
    }

    private static double withEndedChildren(ProcessHandle process) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            double ticks = 0;
            for (int i = FIRST; i <= LAST; i++) {
                ticks += Long.parseLong(fields[i]);
            }
            return ticks / TICKS_A_SECOND;
        } catch (IOException e) {
            return seconds(process);
        }
    }

    private static double seconds(ProcessHandle process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO).toMillis() / 1_000.0;
    }
}
