package dev.millrace.lab.stack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * CPU time and memory of a process, as Linux' /proc tells them.
 *
 * @param pid of the process
 */
public record ProcessUsage(long pid) {
    /** Of /proc: the same on every Linux, whatever the kernel's own clock does. */
    private static final double TICKS_A_SECOND = 100;

    /** Where user time stands in /proc/PID/stat behind the name. System time and both times of ended children follow. */
    private static final int USER_TIME = 11;

    private static final int TIMES = 4;
    private static final String FORGET_HIGH_WATER = "5";
    private static final int KIB_A_MIB = 1024;

    /** CPU seconds of this process alone, without its children. */
    public static double ownCpuSeconds() {
        return cpuSeconds(ProcessHandle.current());
    }

    /**
     * CPU seconds of the process and all that it has started. Processes that have ended count where there is a /proc; elsewhere they
     * do not.
     *
     * @return 0 when there is no such process
     */
    public double cpuSeconds() {
        return ProcessHandle.of(pid).stream()
                .flatMap(root -> Stream.concat(Stream.of(root), root.descendants()))
                .mapToDouble(ProcessUsage::withEndedChildren)
                .sum();
    }

    private static double withEndedChildren(ProcessHandle process) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return IntStream.range(USER_TIME, USER_TIME + TIMES)
                            .mapToLong(field -> Long.parseLong(fields[field]))
                            .sum()
                    / TICKS_A_SECOND;
        } catch (IOException e) {
            return cpuSeconds(process);
        }
    }

    private static double cpuSeconds(ProcessHandle process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO).toMillis() / 1_000.0;
    }

    /** Begins the peak anew. Where that is not allowed, it is the peak since the process started. */
    public void resetPeakMemory() {
        try {
            Files.writeString(Path.of("/proc/" + pid + "/clear_refs"), FORGET_HIGH_WATER);
        } catch (IOException e) {
            // The peak stands.
        }
    }

    /** The most resident memory at a time, in MiB; 0 where the system does not tell. */
    public long peakMib() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / KIB_A_MIB)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }
}
