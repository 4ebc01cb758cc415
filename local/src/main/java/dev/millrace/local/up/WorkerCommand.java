package dev.millrace.local.up;

import dev.millrace.local.process.CommandException;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.Ports;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.server.ServiceJar;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import dev.millrace.local.settings.Secrets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs a command of settlement-worker's jar against the stack that is up, on this terminal. */
public final class WorkerCommand {
    private final LocalSettings settings;
    private final StackEnvironment environment;

    /**
     * @param environment our own variables
     */
    public WorkerCommand(LocalSettings settings, Map<String, String> environment) {
        this.settings = settings;
        this.environment = new StackEnvironment(settings, environment);
    }

    /**
     * The command's exit code.
     *
     * @param arguments the command and its options
     * @throws CommandException when the stack is not up or the jar has not been built
     */
    public int run(List<String> arguments) throws IOException, InterruptedException {
        Databases postgres =
                new Databases("127.0.0.1", settings.port(Part.POSTGRES), PostgresServer.SUPERUSER, password());
        requireRunning(Part.POSTGRES);
        requireRunning(Part.REDIS);
        ProcessBuilder builder = new ProcessBuilder(command(arguments)).inheritIO();
        builder.environment().putAll(environment.of(Part.WORKER, postgres));
        Process process = builder.start();
        try {
            return process.waitFor();
        } finally {
            process.destroy();
        }
    }

    private List<String> command(List<String> arguments) {
        List<String> command = new ArrayList<>(ServiceJar.built(settings.root(), Part.WORKER.label())
                .command(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1")));
        command.addAll(arguments);
        return command;
    }

    /** Made with the data folder, by the first start of the stack. */
    private String password() throws IOException {
        Path file = settings.home().resolve("postgres").resolve("password");
        if (!Files.isRegularFile(file)) {
            throw Secrets.noStack(settings.home());
        }
        return Files.readString(file).strip();
    }

    private void requireRunning(Part part) {
        if (Ports.isFree(settings.port(part))) {
            throw CommandException.wrongCall(
                    "the stack is not running: nothing listens on port %d (%s); start it with ./millrace up, or set %s as it was set there"
                            .formatted(settings.port(part), part.label(), part.variable()));
        }
    }
}
