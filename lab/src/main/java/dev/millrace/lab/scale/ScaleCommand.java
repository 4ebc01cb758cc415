package dev.millrace.lab.scale;

import dev.millrace.lab.command.LabCommand;
import dev.millrace.lab.command.ProgressPrinter;
import dev.millrace.lab.stack.RunHome;
import dev.millrace.lab.stack.Stage;
import dev.millrace.local.command.Terminal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code millrace scale}. */
@CommandLine.Command(
        name = "scale",
        description = {
            "Measure how Millrace behaves when creators, identities and publishers are many.",
            "",
            "settlement: one settlement of --creators active ones, held against COPY of the rows it writes; the last time"
                    + " while ingest gets a fifth of what it can take.",
            "database: statements and rows of one interval of --rate events/s of 1,000 creators.",
            "start: how long a node takes to start with --remembered identities in the logs, and p99 of another one at"
                    + " --rate events/s before and meanwhile.",
            "nodes: the longest command of Redis while four nodes count for one creator as fast as they can.",
            "balance: a live balance with 1 and with 1,000 publishers: time, commands, statements.",
            "followers: events/s that a node takes at its peak, with and without 1,000 open streams of balances, five times"
                    + " in turns.",
            "outage: memory of records in Redis while Postgres is away for --seconds, at --rate events/s.",
            "",
            "It exits with 0 only when counters and ledger hold to the micro what was sent; otherwise it keeps the data and"
                    + " says where.",
            ""
        })
public final class ScaleCommand extends LabCommand {
    @Option(
            names = "--parts",
            paramLabel = "NAME",
            split = ",",
            description = "Of settlement, database, start, nodes, balance, followers, outage (default: all).")
    private List<String> parts = List.of();

    @Option(
            names = "--creators",
            paramLabel = "N",
            description = "Active creators in settlement, 1000 to 2000000 (default: 1000000).")
    private int creators = 1_000_000;

    @Option(
            names = "--articles",
            paramLabel = "N",
            description = "Articles of each creator in settlement, each read once, 1 to 100 (default: 1).")
    private int articles = 1;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "The settlement's interval in database, and the length of outage, 5 to 600 (default: 60).")
    private int seconds = 60;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "Events/s in database, start and outage, 100 to 50000 (default: 5000).")
    private int rate = 5_000;

    @Option(
            names = "--remembered",
            paramLabel = "N",
            description = "Identities in the logs in start, 100000 to 100000000 (default: 10000000).")
    private int remembered = 10_000_000;

    @Option(
            names = "--worker-heap",
            paramLabel = "SIZE",
            description = "Most memory for objects of the worker, such as 256m (default) or 1g.")
    private String workerHeap = "256m";

    @Option(names = "--json", description = "Print one JSON object and nothing else; progress goes to standard error.")
    private boolean json;

    public ScaleCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() throws Exception {
        ScalePlan plan = plan();
        return run(plan.seed(), home -> run(plan, home));
    }

    private RunHome.Ending run(ScalePlan plan, Path home) throws Exception {
        try (ProgressPrinter progress = progress(plan.seed())) {
            ScaleReport report = Scale.run(plan, new Stage(terminal.root(), home, progress::step), progress);
            return new RunHome.Ending(report.failures().isEmpty(), () -> print(json, report));
        }
    }

    private ScalePlan plan() {
        if (!workerHeap.matches("[1-9][0-9]{0,4}[mg]")) {
            throw wrong("--worker-heap is '%s'; it takes a size such as 256m or 1g".formatted(workerHeap));
        }
        return new ScalePlan(
                known("--parts", parts, ScalePlan.Part.class),
                within("--creators", creators, 1_000, 2_000_000),
                within("--articles", articles, 1, 100),
                Duration.ofSeconds(within("--seconds", seconds, 5, 600)),
                within("--rate", rate, 100, 50_000),
                within("--remembered", remembered, 100_000, 100_000_000),
                workerHeap,
                seed());
    }
}
