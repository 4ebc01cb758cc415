package dev.millrace.local.up;

import dev.millrace.local.command.Terminal;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code millrace migrate}: ledger-service's command of that name. */
@Command(
        name = "migrate",
        description = {
            "Bring the ledger's schema to this release, as its owner, and say what was done.",
            "",
            "The database is the one of MILLRACE_POSTGRES_URL, whose owner's password is MILLRACE_POSTGRES_OWNER_PASSWORD."
                    + " Without it, it is the one of the stack that is up. ./millrace up does it by itself."
        })
public final class MigrateCommand implements Callable<Integer> {
    private final Terminal terminal;

    public MigrateCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        LocalSettings settings = terminal.settings();
        boolean isNamed = !terminal.environment()
                .getOrDefault("MILLRACE_POSTGRES_URL", "")
                .isBlank();
        Map<String, String> variables =
                isNamed ? Map.of() : StackEnvironment.ofMigration(OnStack.postgres(settings, Part.POSTGRES));
        return OnStack.run(settings, Part.LEDGER, List.of("migrate"), variables);
    }
}
