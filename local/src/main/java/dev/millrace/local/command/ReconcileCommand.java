package dev.millrace.local.command;

import dev.millrace.local.up.WorkerCommand;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code millrace reconcile}: settlement-worker's command of that name, on the local stack. */
@CommandLine.Command(
        name = "reconcile",
        description = {
            "Compare the counters in Redis with the ledger in Postgres, and the ledger with itself.",
            "",
            "Prints what differs, creator by creator, and what was set aside for a person to decide; docs/operating/reconcile.md"
                    + " says how. Exit code 0: nothing differs and nothing is undecided, or the decision is booked; 1:"
                    + " something differs or is undecided, or the decision is refused; 2: wrong usage, or the stack is"
                    + " not running.",
            ""
        })
public final class ReconcileCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Option(
            names = "--adopt",
            paramLabel = "NAME",
            description = "Pay a hash that was set aside, as a journal of its own.")
    private @Nullable String adopt;

    @Option(
            names = "--discard",
            paramLabel = "NAME",
            description = "Record that a hash that was set aside will not be paid.")
    private @Nullable String discard;

    @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the journal.")
    private @Nullable String reason;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    public ReconcileCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        return new WorkerCommand(terminal.settings(), terminal.environment()).run(arguments());
    }

    private List<String> arguments() {
        List<String> arguments = new ArrayList<>(List.of("reconcile"));
        add(arguments, "--adopt", adopt);
        add(arguments, "--discard", discard);
        add(arguments, "--reason", reason);
        if (json) {
            arguments.add("--json");
        }
        return arguments;
    }

    private static void add(List<String> arguments, String option, @Nullable String value) {
        if (value != null) {
            arguments.addAll(List.of(option, value));
        }
    }
}
