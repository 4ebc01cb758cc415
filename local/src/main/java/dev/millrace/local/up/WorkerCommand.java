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
import java.util.Set;

/** Runs a command of settlement-worker's jar against the stack that is up, on this terminal. */
public final class WorkerCommand {
    private static final Set<String> HELP = Set.of("-h", "--help");

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
     * The command's exit code. Its help needs no stack.
     *
     * @throws CommandException when the stack is not up or the jar has not been built
     */
    public int run(String name, List<String> options) throws IOException, InterruptedException {
        Map<String, String> variables =
                options.stream().anyMatch(HELP::contains) ? Map.of() : environment.of(Part.WORKER, runningPostgres());
        List<String> command = new ArrayList<>(ServiceJar.built(settings.root(), Part.WORKER.label())
                .command(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1")));
        command.add(name);
        command.addAll(options);
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().putAll(variables);
        Process process = builder.start();
        try {
            return process.waitFor();
        } finally {
            process.destroy();
        }
    }

    private Databases runningPostgres() throws IOException {
        Databases postgres =
                new Databases("127.0.0.1", settings.port(Part.POSTGRES), PostgresServer.SUPERUSER, password());
        requireRunning(Part.POSTGRES);
        requireRunning(Part.REDIS);
        return postgres;
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
