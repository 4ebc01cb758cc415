package dev.millrace.lab.path;

import dev.millrace.lab.stack.LabSettings;
import dev.millrace.local.process.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What {@code ./millrace} runs, as a process of its own.
 *
 * @param settings of the stack it talks to
 */
record CommandLine(LabSettings settings) {
    private static final int MINUTES = 3;

    /** Runs a command to its end and returns the JSON it prints; its other output goes to ours. */
    JsonNode json(String... arguments) {
        List<String> command = command(arguments);
        command.add("--json");
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(settings.variables());
        return json(builder);
    }

    /** Runs a program to its end and returns the JSON it prints; its other output goes to ours. */
    static JsonNode json(ProcessBuilder program) {
        try {
            Process process =
                    program.redirectError(ProcessBuilder.Redirect.INHERIT).start();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new AssertionError(program.command() + " failed: " + out);
            }
            return JsonMapper.shared().readTree(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** {@code up} as a process of its own and the parent of all others, ready when it says so in its log. */
    ServerProcess up(Path log) {
        return started(log, "READY", "up");
    }

    /** {@code demo} as a process of its own, ready when it names its address. */
    ServerProcess demo(Path log, String... options) {
        List<String> arguments = new ArrayList<>(List.of("demo"));
        arguments.addAll(List.of(options));
        return started(log, "demo ", arguments.toArray(String[]::new));
    }

    /** @param ready how the line begins that tells it */
    private ServerProcess started(Path log, String ready, String... arguments) {
        ServerProcess process = new ServerProcess(
                new ServerProcess.Plan(
                        arguments[0],
                        command(arguments),
                        settings.variables(),
                        settings.local().root(),
                        log),
                () -> Files.readAllLines(log).stream().anyMatch(line -> line.startsWith(ready))
                        ? ServerProcess.Answer.READY
                        : ServerProcess.Answer.SILENT);
        process.start();
        return process;
    }

    private List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dmillrace.root=" + settings.local().root(),
                "-jar",
                settings.local().root().resolve("local/target/local.jar").toString()));
        command.addAll(List.of(arguments));
        return command;
    }
}
