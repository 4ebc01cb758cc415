package dev.millrace.lab.scale;

import dev.millrace.lab.bench.Stage;
import dev.millrace.lab.command.OptionChecks;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.progress.Progress;
import dev.millrace.lab.report.Machine;
import dev.millrace.lab.report.StackTrace;
import dev.millrace.lab.stack.RunHome;
import dev.millrace.local.command.Terminal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace scale}. */
@CommandLine.Command(
        name = "scale",
        description = {
            "Measure how Millrace behaves when creators are many.",
            "",
            "growth: events/s of 1,000, a tenth of --creators and --creators, in turns: in open epochs that hold nobody yet, and"
                    + " in such as hold all of them.",
            "settlement: one settlement of --creators active ones, held against COPY of the rows it writes, while ingest gets"
                    + " a fifth of what it can take; ingest's p99 before and meanwhile, memory of the worker, Redis' longest"
                    + " commands.",
            "database: statements and rows of one interval of --rate events/s of 1,000 creators.",
            "start: how long a node takes to start with --remembered identities in the logs, and p99 of another one at --rate"
                    + " events/s before and meanwhile.",
            "nodes: the longest run of a script while four nodes count for one creator as fast as they can.",
            "balance: a live balance with 1 and with 1,000 publishers: time, commands, statements.",
            "outage: memory of records in Redis while Postgres is away for --seconds, at --rate events/s.",
            "",
            "It exits with 0 only when counters and ledger hold to the micro what was sent; otherwise it keeps the data and"
                    + " says where.",
            ""
        })
public final class ScaleCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--parts",
            paramLabel = "NAME",
            split = ",",
            description = "Of growth, settlement, database, start, nodes, balance, outage (default: all).")
    private List<String> parts = List.of();

    @Option(
            names = "--creators",
            paramLabel = "N",
            description = "Very many creators, 10000 to 2000000 (default: 1000000).")
    private int creators = 1_000_000;

    @Option(
            names = "--articles",
            paramLabel = "N",
            description = "Articles of each creator in settlement, each read once, 1 to 100 (default: 1).")
    private int articles = 1;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "Measured rounds of each size in growth, 1 to 99 (default: 5).")
    private int rounds = 5;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description =
                    "The settlement's interval in database, which is measured over one, and the length of outage, 5 to 600"
                            + " (default: 60).")
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

    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "A whole number from 0 that the events are drawn from (default: a new one, printed).")
    private @Nullable Long seed;

    @Option(names = "--json", description = "Print one JSON object and nothing else; progress goes to standard error.")
    private boolean json;

    @Option(names = "--keep", description = "Keep data and logs also when nothing was lost.")
    private boolean keep;

    public ScaleCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        ScalePlan plan = plan();
        return RunHome.run(
                terminal,
                "scale",
                plan.seed(),
                keep,
                () -> RunHome.Ending.interrupted(terminal, "nothing was measured"),
                home -> run(plan, home));
    }

    private RunHome.Ending run(ScalePlan plan, Path home) throws InterruptedException {
        try (Progress progress = Progress.to(terminal.err(), terminal.columns())) {
            progress.step("scale: seed " + plan.seed());
            Stage stage = new Stage(terminal.root(), home, new Slabs(), progress::step);
            Findings findings = new Findings(Machine.ofThisProcess(), plan.seed(), new Scale(plan, stage).run());
            return new RunHome.Ending(findings.isGood(), () -> print(findings));
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            return new RunHome.Ending(false, () -> terminal.err().println("scale broke off: " + StackTrace.of(e)));
        }
    }

    private void print(Findings findings) {
        if (json) {
            terminal.out().println(findings.json());
            findings.failures().forEach(terminal.err()::println);
        } else {
            terminal.out().print(findings.text());
        }
    }

    private ScalePlan plan() {
        OptionChecks checks = new OptionChecks(spec);
        return new ScalePlan(
                checks.known("--parts", parts, Part.class),
                checks.within("--creators", creators, 10_000, 2_000_000),
                checks.within("--articles", articles, 1, 100),
                checks.within("--rounds", rounds, 1, 99),
                Duration.ofSeconds(checks.within("--seconds", seconds, 5, 600)),
                checks.within("--rate", rate, 100, 50_000),
                checks.within("--remembered", remembered, 100_000, 100_000_000),
                heap(checks),
                checks.seed(seed));
    }

    private String heap(OptionChecks checks) {
        if (!workerHeap.matches("[1-9][0-9]{0,4}[mg]")) {
            throw checks.wrong("--worker-heap is '%s'; it takes a size such as 256m or 1g".formatted(workerHeap));
        }
        return workerHeap;
    }
}
