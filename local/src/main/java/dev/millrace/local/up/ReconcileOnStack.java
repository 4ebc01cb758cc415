package dev.millrace.local.up;

import dev.millrace.local.command.Terminal;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import java.io.IOException;
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
        Map<String, String> variables = isHelp
                ? Map.of()
                : new StackEnvironment(settings).of(Part.WORKER, OnStack.postgres(settings, Part.POSTGRES, Part.REDIS));
        List<String> arguments = new ArrayList<>(List.of("reconcile"));
        arguments.addAll(options);
        return OnStack.run(settings, Part.WORKER, arguments, variables);
    }
}
