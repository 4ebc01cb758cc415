package dev.millrace.lab.stack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The most memory a process has had at a time, of Linux; elsewhere unknown.
 *
 * @param pid of the process
 */
public record PeakMemory(long pid) {
    private static final String HIGH_WATER = "VmHWM:";
    private static final String FORGET_HIGH_WATER = "5";
    private static final int KIB_A_MIB = 1024;

    /** Measures from here on. */
    public void reset() {
        try {
            Files.writeString(Path.of("/proc/" + pid + "/clear_refs"), FORGET_HIGH_WATER);
        } catch (IOException e) {
            // It is then measured since the process started.
        }
    }

    /** MiB of it that were in memory at a time, at most; 0 where the system does not tell. */
    public long mib() {
        try (var lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
            return lines.filter(line -> line.startsWith(HIGH_WATER))
                    .findFirst()
                    .map(line -> Long.parseLong(line.replaceAll("\\D", "")) / KIB_A_MIB)
                    .orElse(0L);
        } catch (IOException e) {
            return 0;
        }
    }
}
