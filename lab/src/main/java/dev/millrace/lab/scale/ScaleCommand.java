package dev.millrace.lab.scale;

import dev.millrace.lab.command.Machine;
import dev.millrace.lab.command.MeasuringCommand;
import dev.millrace.lab.command.ProgressPrinter;
import dev.millrace.lab.command.Report;
import dev.millrace.lab.load.StackLoad;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.Stage;
import dev.millrace.local.command.Terminal;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code millrace scale}. Each part has servers of its own. */
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
public final class ScaleCommand extends MeasuringCommand {
    private static final List<String> PARTS =
            List.of("settlement", "database", "start", "nodes", "balance", "followers", "outage");

    /** Settlements happen when they are asked for, never by themselves. */
    private static final Duration NEVER = Duration.ofHours(6);

    private final Map<String, Map<String, Double>> figures = new LinkedHashMap<>();
    private final List<String> failures = new CopyOnWriteArrayList<>();

    @Option(names = "--parts", paramLabel = "NAME", split = ",", description = "Which of these (default: all).")
    private List<String> parts = List.of();

    @Option(names = "--creators", paramLabel = "N", description = "Active ones in settlement (default: 1000000).")
    private int creators = 1_000_000;

    @Option(
            names = "--articles",
            paramLabel = "N",
            description = "Of each creator in settlement, each read once (default: 1).")
    private int articles = 1;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "Interval in database, length of outage (default: 60).")
    private int seconds = 60;

    @Option(names = "--rate", paramLabel = "N", description = "Events/s in database, start and outage (default: 5000).")
    private int rate = 5_000;

    @Option(
            names = "--remembered",
            paramLabel = "N",
            description = "Identities in the logs in start (default: 10000000).")
    private int remembered = 10_000_000;

    @Option(
            names = "--worker-heap",
            paramLabel = "SIZE",
            description = "Most heap of the worker, such as 256m (default), 1g.")
    private String workerHeap = "256m";

    public ScaleCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() throws Exception {
        Set<String> wanted = known("--parts", parts, PARTS);
        within("--creators", creators, 1_000, 2_000_000);
        within("--articles", articles, 1, 100);
        within("--seconds", seconds, 5, 600);
        within("--rate", rate, 100, 50_000);
        within("--remembered", remembered, 100_000, 100_000_000);
        if (!workerHeap.matches("[1-9][0-9]{0,4}[mg]")) {
            throw wrong("--worker-heap is '%s'; it takes a size such as 256m or 1g".formatted(workerHeap));
        }
        long seed = seed();
        ProgressPrinter progress = progress(seed);
        return measure(seed, progress, () -> report(seed, progress), stage -> {
            for (String part : PARTS) {
                if (wanted.isEmpty() || wanted.contains(part)) {
                    progress.step("scale: " + part + " …");
                    run(part, seed, stage);
                }
            }
        });
    }

    private void run(String part, long seed, Stage stage) throws Exception {
        Duration interval = Duration.ofSeconds(seconds);
        MillraceStack.Setup setup = setup(part, interval);
        try (MillraceStack stack = MillraceStack.start(stage, part, setup);
                ScaleDatabase database = new ScaleDatabase(stack.connect(), stage.home())) {
            StackLoad load = new StackLoad(stack, seed, failures);
            ScalePart run = new ScalePart(part, stack, database, load, stage.progress(), this::figure);
            switch (part) {
                case "settlement" -> new Settlements(run, articles).measure(creators, failures);
                case "database" -> new Settlements(run, articles).interval(rate, interval);
                case "start" -> new Nodes(run).start(remembered, rate, seed);
                case "nodes" -> new Nodes(run).together(seed);
                case "outage" -> new Nodes(run).outage(rate, interval);
                case "balance" -> new BalanceCost(run).publishers(failures);
                default -> new BalanceCost(run).followers();
            }
            load.check(part);
        }
    }

    private MillraceStack.Setup setup(String part, Duration interval) {
        Duration settled = switch (part) {
            case "database" -> interval;
            case "followers" -> Duration.ofSeconds(60);
            case "outage" -> Duration.ofSeconds(5);
            default -> NEVER;
        };
        int nodes = part.equals("start") ? 2 : part.equals("nodes") ? Nodes.COUNT : 1;
        long indexed = part.equals("start") ? remembered : 0;
        return new MillraceStack.Setup(settled, List.of("-Xmx" + workerHeap, "-XX:+UseSerialGC"), nodes, indexed);
    }

    private synchronized void figure(String what, String name, Number value) {
        figures.computeIfAbsent(what, _ -> new LinkedHashMap<>()).put(name, value.doubleValue());
    }

    private synchronized Report report(long seed, ProgressPrinter progress) {
        StringBuilder text = new StringBuilder();
        Map<String, Map<String, Double>> copy = new LinkedHashMap<>();
        figures.forEach((what, each) -> {
            copy.put(what, new LinkedHashMap<>(each));
            text.append('\n').append(what).append('\n');
            each.forEach((name, value) -> text.append(
                    (value == Math.rint(value) ? "  %-24s %,.0f%n" : "  %-24s %,.2f%n").formatted(name, value)));
        });
        Machine machine = Machine.ofThisProcess(List.of("worker: -Xmx" + workerHeap), progress.elapsed());
        return new Report(machine, Map.of("seed", seed, "figures", copy), text.toString(), failures);
    }
}
