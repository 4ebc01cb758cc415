package dev.millrace.local.up;

import dev.millrace.local.command.Terminal;
import dev.millrace.local.process.CommandException;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.Ports;
import dev.millrace.local.server.ServiceJar;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** {@code millrace reconcile}: settlement-worker's command of that name, with its options, on the stack that is up. */
@Command(
        name = "reconcile",
        description = {
            "Compare the counters in Redis with the ledger in Postgres, and the ledger with itself.",
            "",
            "It prints what differs, creator by creator, and the quarantined epochs that a person decides about:"
                    + " docs/operating/reconcile.md. ./millrace reconcile --help shows its options."
        })
public final class ReconcileOnStack implements Callable<Integer> {
    private final Terminal terminal;

    /** The worker's command parses them. */
    @Unmatched
    private final List<String> options = new ArrayList<>();

    public ReconcileOnStack(Terminal terminal) {
        this.terminal = terminal;
    }

    /** The command's exit code. Its help needs no stack. */
    @Override
    public Integer call() throws IOException, InterruptedException {
        LocalSettings settings = terminal.settings();
        boolean isHelp = options.stream().anyMatch(Set.of("-h", "--help")::contains);
        Map<String, String> variables =
                isHelp ? Map.of() : new StackEnvironment(settings).of(Part.WORKER, runningPostgres(settings));
        List<String> command = new ArrayList<>(ServiceJar.built(settings.root(), Part.WORKER.label())
                .command(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1")));
        command.add("reconcile");
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

    private Databases runningPostgres(LocalSettings settings) throws IOException {
        Path password = settings.home().resolve("postgres/password"); // The first start of the stack makes it.
        if (!Files.isRegularFile(password)) {
            throw settings.noStack();
        }
        for (Part part : List.of(Part.POSTGRES, Part.REDIS)) {
            if (Ports.isFree(settings.port(part))) {
                throw CommandException.wrongCall(
                        "the stack is not running: nothing listens on port %d (%s); start it with ./millrace up, or set %s as it was set there"
                                .formatted(settings.port(part), part.label(), part.variable()));
            }
        }
        return new Databases(
                "127.0.0.1",
                settings.port(Part.POSTGRES),
                Files.readString(password).strip());
    }
}
