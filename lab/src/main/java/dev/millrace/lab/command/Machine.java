package dev.millrace.lab.command;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where a run took place.
 *
 * @param cores that this process may use; the load client shares them with all servers
 * @param processor its model, as far as the system tells
 * @param memoryMib of the machine
 * @param system name and version of the operating system
 * @param java of the clients and of the services
 * @param servers the binaries that ran and how they were set, a line each
 * @param seconds that the run took
 */
public record Machine(
        int cores, String processor, long memoryMib, String system, String java, List<String> servers, double seconds) {
    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

    public Machine {
        servers = List.copyOf(servers);
    }

    public static Machine ofThisProcess(List<String> servers, Duration took) {
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        return new Machine(
                system.getAvailableProcessors(),
                model(),
                system.getTotalMemorySize() >> 20,
                system.getName() + " " + system.getVersion(),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"),
                servers,
                took.toMillis() / 1_000.0);
    }

    private static String model() {
        try (Stream<String> lines = Files.lines(PROCESSORS)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    /** A line for the machine, and one for each server. */
    @Override
    public String toString() {
        return "%d cores (%s), %,d MiB, %s, %s%n".formatted(cores, processor, memoryMib, system, java)
                + String.join("", servers.stream().map(line -> line + "\n").toList());
    }
}
