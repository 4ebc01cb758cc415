package dev.millrace.lab.scale;

import dev.millrace.lab.bench.Stage;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.progress.Progress;
import dev.millrace.lab.report.Machine;
import dev.millrace.lab.report.StackTrace;
import dev.millrace.lab.stack.RunHome;
import dev.millrace.local.command.Terminal;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
            "growth: events/s of 1,000, a tenth of --creators and --creators, in turns.",
            "settlement: one settlement of --creators active ones, held against COPY of the rows it writes, while ingest gets"
                    + " a fifth of what it can take; ingest's p99 before and meanwhile, memory of the worker, Redis' longest"
                    + " commands.",
            "database: statements and rows of one interval of --rate events/s of 1,000 creators.",
            "",
            "It exits with 0 only when counters and ledger hold to the micro what was sent; otherwise it keeps the data and"
                    + " says where.",
            ""
        })
public final class ScaleCommand implements Callable<Integer> {
    private static final int SEEDS = 1_000_000;

    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--parts",
            paramLabel = "NAME",
            split = ",",
            description = "Of growth, settlement, database (default: all).")
    private List<String> parts = List.of();

    @Option(
            names = "--creators",
            paramLabel = "N",
            description = "Very many creators, 10000 to 2000000 (default: 1000000).")
    private int creators = 1_000_000;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "Measured rounds of each size in growth, 1 to 99 (default: 5).")
    private int rounds = 5;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "The settlement's interval in database, which is measured over one, 5 to 600 (default: 60).")
    private int seconds = 60;

    @Option(names = "--rate", paramLabel = "N", description = "Events/s in database, 100 to 50000 (default: 5000).")
    private int rate = 5_000;

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
        RunHome home = RunHome.create(
                terminal.root().resolve("lab/target/scale"),
                "seed-" + plan.seed() + "-",
                terminal.err(),
                keep,
                "interrupted: everything is stopped, nothing was measured");
        boolean good = false;
        try {
            good = run(plan, home);
        } finally {
            home.finish(good);
        }
        return good ? 0 : 1;
    }

    private boolean run(ScalePlan plan, RunHome home) throws InterruptedException {
        try (Progress progress = Progress.to(terminal.err(), terminal.columns())) {
            progress.step("scale: seed " + plan.seed());
            Stage stage = new Stage(terminal.root(), home.path(), new Slabs(), progress::step);
            Findings findings = new Findings(Machine.ofThisProcess(), plan.seed(), new Scale(plan, stage).run());
            print(findings);
            return findings.isGood();
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            terminal.err().println("scale broke off: " + StackTrace.of(e));
            return false;
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
        return new ScalePlan(
                parts(),
                within("--creators", creators, 10_000, 2_000_000),
                within("--rounds", rounds, 1, 99),
                Duration.ofSeconds(within("--seconds", seconds, 5, 600)),
                within("--rate", rate, 100, 50_000),
                heap(),
                seed());
    }

    private Set<Part> parts() {
        if (parts.isEmpty()) {
            return EnumSet.allOf(Part.class);
        }
        List<String> known = Stream.of(Part.values()).map(Part::toString).toList();
        for (String name : parts) {
            if (!known.contains(name)) {
                throw wrong("--parts has '%s'; there are %s".formatted(name, String.join(", ", known)));
            }
        }
        return parts.stream().map(Part::named).collect(Collectors.toSet());
    }

    private int within(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw wrong("%s is %d; it takes %d to %d".formatted(option, value, least, most));
        }
        return value;
    }

    private String heap() {
        if (!workerHeap.matches("[1-9][0-9]{0,4}[mg]")) {
            throw wrong("--worker-heap is '%s'; it takes a size such as 256m or 1g".formatted(workerHeap));
        }
        return workerHeap;
    }

    private long seed() {
        if (seed == null) {
            return ThreadLocalRandom.current().nextInt(SEEDS);
        }
        if (seed < 0 || seed >= Integer.MAX_VALUE) {
            throw wrong("--seed is %d; it takes a whole number from 0 to %d".formatted(seed, Integer.MAX_VALUE - 1));
        }
        return seed;
    }

    private CommandLine.ParameterException wrong(String message) {
        return new CommandLine.ParameterException(spec.commandLine(), message);
    }
}
