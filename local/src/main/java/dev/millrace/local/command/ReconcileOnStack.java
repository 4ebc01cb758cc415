package dev.millrace.local.command;

import dev.millrace.local.up.WorkerCommand;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** {@code millrace reconcile}: settlement-worker's command of that name, with its options, on the local stack. */
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

    @Override
    public Integer call() throws IOException, InterruptedException {
        return new WorkerCommand(terminal.settings(), terminal.environment()).run("reconcile", options);
    }
}
