package dev.millrace.lab.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Where a run took place.
 *
 * @param cores that this process may use; the load client shares them with all servers
 * @param processor its model, as far as the system tells
 * @param memoryMib of the machine, 0 where the system does not tell
 * @param system name and version of the operating system
 * @param java of the clients and of the services
 */
public record Machine(int cores, String processor, long memoryMib, String system, String java) {
    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
    private static final Path MEMORY = Path.of("/proc/meminfo");
    private static final int KIB_A_MIB = 1024;

    public static Machine ofThisProcess() {
        return new Machine(
                Runtime.getRuntime().availableProcessors(),
                valueIn(PROCESSORS, "model name"),
                memory(),
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
    }

    private static long memory() {
        String kib = valueIn(MEMORY, "MemTotal").replaceAll("\\D", "");
        return kib.isEmpty() ? 0 : Long.parseLong(kib) / KIB_A_MIB;
    }

    private static String valueIn(Path file, String name) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(name))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    /** One line. */
    @Override
    public String toString() {
        return "%d cores (%s), %,d MiB, %s, %s".formatted(cores, processor, memoryMib, system, java);
    }
}
