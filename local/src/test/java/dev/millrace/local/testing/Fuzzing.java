package dev.millrace.local.testing;

import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.server.Folders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Runs a fuzz target under Jazzer (coverage-guided, on libFuzzer) in a JVM of its own: a class with {@code public static
 * void fuzzerTestOneInput(byte[])} that throws where a promise is broken. The module needs Jazzer on its test class path.
 *
 * <p>Without settings it is a bounded run: a fixed seed, a number of inputs, and on a slow machine fewer of them, so
 * that it takes eight seconds at most. With {@code -Dmillrace.fuzz.seconds=N}
 * it goes on for so long from a seed of its own, which it prints ({@code -Dmillrace.seed=…} gives another). Every input
 * in the target's folder of seeds ({@code src/test/resources/fuzz/<target>}) runs first: those are also the regression
 * tests of what was found.
 *
 * <p>An input that takes longer than four minutes is a hang, one that needs more than the heap of 512 MiB a leak; both fail.
 */
public final class Fuzzing {
    /** Only a hang of Jazzer itself takes so long, also on a machine that is busy with other things. */
    private static final Duration MOST = Duration.ofMinutes(10);

    private static final int HANG_SECONDS = 240;
    private static final int BOUNDED_SECONDS = 8;
    private static final long FIXED_SEED = 20_250_701;

    /** In so few seconds the optimising compiler takes more time than it gives. */
    private static final List<String> QUICK = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

    /** Jazzer's own detectors look for injections into what we don't have; without them it starts in half the time. */
    private static final List<String> DETECTORS = List.of(
            "BigDecimal",
            "ClojureLangHooks",
            "Deserialization",
            "ExpressionLanguageInjection",
            "FilePathTraversal",
            "LdapInjection",
            "NamingContextLookup",
            "OsCommandInjection",
            "ReflectiveCall",
            "RegexInjection",
            "RegexRoadblocks",
            "ScriptEngineInjection",
            "ServerSideRequestForgery",
            "SqlInjection",
            "TemplateInjection",
            "UnsafeSanitizer",
            "XPathInjection",
            "XmlParserSsrfGuidance");

    private Fuzzing() {}

    /**
     * Runs it, and returns when nothing was found.
     *
     * @param runs inputs of a bounded run
     * @throws AssertionError with the end of Jazzer's report, the input among it, when something was found
     */
    public static void run(Class<?> target, int runs) {
        long seconds = Long.getLong("millrace.fuzz.seconds", 0);
        long seed = Long.getLong("millrace.seed", seconds == 0 ? FIXED_SEED : System.nanoTime() & Integer.MAX_VALUE);
        Path work = Path.of("target", "fuzz", target.getSimpleName()).toAbsolutePath();
        Path log = work.resolve("jazzer.log");
        System.out.printf(
                "%s: seed %d, %s, log %s%n",
                target.getSimpleName(), seed, seconds == 0 ? runs + " inputs" : seconds + " s", log);
        Path corpus = seconds == 0 ? emptied(work.resolve("bounded")) : work.resolve("corpus");
        List<String> bounds = List.of(
                "-runs=" + (seconds == 0 ? runs : -1), "-max_total_time=" + (seconds == 0 ? BOUNDED_SECONDS : seconds));
        List<String> jvm = seconds == 0 ? QUICK : List.of();
        ServerProcess child = started(command(target, seed, jvm, bounds, work, corpus), work, corpus, log);
        boolean ended = child.awaitExit(MOST.plusSeconds(seconds));
        if (!ended) {
            child.kill();
        }
        int code = child.exit().join();
        if (!ended || code != 0) {
            throw new AssertionError("%s, seed %d: %s; the input is in %s%n%s"
                    .formatted(
                            target.getName(),
                            seed,
                            ended ? "ended with " + code : "had not ended in time",
                            work,
                            child.lastLogLines(80)));
        }
    }

    private static List<String> command(
            Class<?> target, long seed, List<String> jvm, List<String> bounds, Path work, Path corpus) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvm);
        command.addAll(List.of(
                "-Xmx512m",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:+EnableDynamicAgentLoading",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + target.getName(),
                "--instrumentation_includes=dev.millrace.**",
                "--custom_hook_includes=dev.millrace.**",
                "--disabled_hooks="
                        + String.join(
                                ":",
                                DETECTORS.stream()
                                        .map(name -> "com.code_intelligence.jazzer.sanitizers." + name)
                                        .toList()),
                "--reproducer_path=" + work,
                "-artifact_prefix=" + work + "/",
                "-seed=" + seed,
                "-timeout=" + HANG_SECONDS,
                "-rss_limit_mb=0",
                "-print_final_stats=1"));
        command.addAll(bounds);
        command.add(corpus.toString());
        Path seeds = Path.of("src", "test", "resources", "fuzz", target.getSimpleName())
                .toAbsolutePath();
        if (Files.isDirectory(seeds)) {
            command.add(seeds.toString());
        }
        return command;
    }

    private static ServerProcess started(List<String> command, Path work, Path corpus, Path log) {
        try {
            Files.createDirectories(corpus);
            Files.deleteIfExists(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ServerProcess jazzer = new ServerProcess(new ServerProcess.Plan("jazzer", command, Map.of(), work, log));
        jazzer.start();
        return jazzer;
    }

    /** What a bounded run tries must not depend on the runs before it. */
    private static Path emptied(Path folder) {
        try {
            Folders.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder;
    }
}
