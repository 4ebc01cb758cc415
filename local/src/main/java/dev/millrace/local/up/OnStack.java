package dev.millrace.local.up;

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

/** Runs a command of a service's jar, on the stack that is up, in this terminal. */
final class OnStack {
    private OnStack() {}

    /**
     * The exit code of the command.
     *
     * @param arguments the command's name and options
     * @param variables on top of our own
     */
    static int run(LocalSettings settings, Part service, List<String> arguments, Map<String, String> variables)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(ServiceJar.built(settings.root(), service.label())
                .command(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1")));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().putAll(variables);
        Process process = builder.start();
        try {
            return process.waitFor();
        } finally {
            process.destroy();
        }
    }

    /**
     * The stack's Postgres.
     *
     * @param needed the servers that must run
     * @throws CommandException when one does not, or there is no stack
     */
    static Databases postgres(LocalSettings settings, Part... needed) throws IOException {
        Path password = settings.home().resolve("postgres/password"); // The first start of the stack makes it.
        if (!Files.isRegularFile(password)) {
            throw settings.noStack();
        }
        for (Part part : needed) {
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
