package dev.millrace.lab.bench;

import dev.millrace.lab.command.OptionChecks;
import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.progress.Progress;
import dev.millrace.lab.report.Machine;
import dev.millrace.lab.stack.Aof;
import dev.millrace.lab.stack.RunHome;
import dev.millrace.local.command.Terminal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace bench}. */
@CommandLine.Command(
        name = "bench",
        description = {
            "Measure Millrace side by side with what users would pick instead, and with the limits of the machine.",
            "",
            "Starts every contestant as real processes on free ports, warms it up, and lets them take turns with the same"
                    + " events. After each round the sum in the balances is held against what was sent.",
            "",
            "It exits with 0 only when no event was lost and none was paid twice; otherwise it keeps the data and says"
                    + " where.",
            ""
        })
public final class BenchCommand implements Callable<Integer> {
    private static final int MOST_ROUNDS = 99;
    private static final int ROUNDS = 5;
    private static final int QUICK_ROUNDS = 3;
    private static final Duration LENGTH = Duration.ofSeconds(3);
    private static final Duration QUICK_LENGTH = Duration.ofMillis(1_500);
    private static final int QUICK_REMEMBERED = 1_000_000;
    private static final int MOST_REMEMBERED = 100_000_000;
    private static final int MOST_WARM_UP = 600;
    private static final int WARM_UP = 20;
    private static final int QUICK_WARM_UP = 6;
    private static final Duration QUICK_BUDGET = Duration.ofSeconds(255);
    private static final Duration NO_BUDGET = Duration.ofDays(1);

    private final Terminal terminal;
    private final List<Entrant> entrants;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--quick",
            description =
                    "A first look in under five minutes: shorter rounds, fewer cases and settings of Redis; its rounds"
                            + " end when the time is over.")
    private boolean quick;

    @Option(names = "--json", description = "Print one JSON object and nothing else; progress goes to standard error.")
    private boolean json;

    @Option(names = "--contestants", paramLabel = "NAME", split = ",", description = "Who takes part (default: all).")
    private List<String> contestants = List.of();

    @Option(
            names = "--cases",
            paramLabel = "NAME",
            split = ",",
            description = "Which cases, such as single, batch-1000, clients-64 (default: all).")
    private List<String> cases = List.of();

    @Option(
            names = "--aof",
            paramLabel = "SETTING",
            split = ",",
            description = "When Redis writes to the disk: off, everysec, always (default: all).")
    private List<String> aofs = List.of();

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "Measured rounds of each scenario, 1 to 99 (default: 5, with --quick up to 3).")
    private @Nullable Integer rounds;

    @Option(
            names = "--warm-up",
            paramLabel = "SECONDS",
            description =
                    "Least seconds of each contestant's rounds before the measured ones, 0 to 600 (default: 20, with"
                            + " --quick 6).")
    private @Nullable Integer warmUp;

    @Option(
            names = "--remembered",
            paramLabel = "N",
            description =
                    "Identities in the logs of one more contestant, millrace-remembered, before it is measured, up to 100000000"
                            + " (default: none, with --quick 1000000).")
    private @Nullable Integer remembered;

    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "A whole number from 0 that the events are drawn from (default: a new one, printed).")
    private @Nullable Long seed;

    @Option(names = "--keep", description = "Keep data and logs also when nothing was lost.")
    private boolean keep;

    public BenchCommand(Terminal terminal) {
        this(terminal, Entrants.ALL);
    }

    BenchCommand(Terminal terminal, List<Entrant> entrants) {
        this.terminal = terminal;
        this.entrants = List.copyOf(entrants);
    }

    @Override
    public Integer call() throws Exception {
        Plan plan = plan();
        AtomicReference<@Nullable Outcome> soFar = new AtomicReference<>();
        return RunHome.run(terminal, "bench", plan.seed(), keep, () -> breakOff(plan, soFar.get()), home -> {
            Outcome outcome = run(plan, home, soFar::set);
            return new RunHome.Ending(outcome.isGood(), () -> print(plan, outcome));
        });
    }

    private RunHome.Ending breakOff(Plan plan, @Nullable Outcome soFar) {
        if (soFar == null || (soFar.results().isEmpty() && soFar.failures().isEmpty())) {
            return RunHome.Ending.interrupted(terminal, "nothing was measured");
        }
        return new RunHome.Ending(soFar.failures().isEmpty(), () -> {
            print(plan, soFar);
            terminal.err().println("interrupted: everything is stopped; the results are of the rounds until then");
        });
    }

    private Outcome run(Plan plan, Path home, Consumer<Outcome> soFar) throws InterruptedException {
        try (Progress progress = Progress.to(terminal.err(), terminal.columns())) {
            progress.step("bench: seed " + plan.seed());
            Stage stage = new Stage(terminal.root(), home, new Slabs(), progress::step);
            return new Bench(plan, all(), stage, progress, soFar).run();
        }
    }

    /** Those whose logs are full stand behind those whose logs are empty. */
    private List<Entrant> all() {
        int identities = remembered();
        List<Entrant> all = new ArrayList<>();
        for (Entrant entrant : entrants) {
            all.add(entrant);
            if (identities > 0 && entrant.name().equals(Millrace.NAME)) {
                all.add(Entrants.remembering(identities));
            }
        }
        return all;
    }

    private int remembered() {
        if (remembered == null) {
            return quick ? QUICK_REMEMBERED : 0;
        }
        return new OptionChecks(spec).within("--remembered", remembered, 0, MOST_REMEMBERED);
    }

    private void print(Plan plan, Outcome outcome) {
        Machine machine = Machine.ofThisProcess();
        if (json) {
            terminal.out().println(ResultsJson.of(plan, outcome, machine));
            outcome.failures().forEach(terminal.err()::println);
        } else {
            terminal.out().print(Table.of(plan, outcome, machine));
        }
    }

    private Plan plan() {
        OptionChecks checks = new OptionChecks(spec);
        return new Plan(
                quick,
                checks.known(
                        "--contestants",
                        contestants,
                        all().stream().map(Entrant::name).toList()),
                checks.known(
                        "--cases",
                        cases,
                        entrants.stream()
                                .flatMap(entrant -> entrant.cases().stream())
                                .map(Case::name)
                                .distinct()
                                .toList()),
                checks
                        .known(
                                "--aof",
                                aofs,
                                Stream.of(Aof.values()).map(Aof::toString).toList())
                        .stream()
                        .map(Aof::named)
                        .collect(Collectors.toSet()),
                warmUp(checks),
                rounds(checks),
                quick ? QUICK_LENGTH : LENGTH,
                quick && rounds == null ? QUICK_BUDGET : NO_BUDGET,
                checks.seed(seed));
    }

    private Duration warmUp(OptionChecks checks) {
        if (warmUp == null) {
            return Duration.ofSeconds(quick ? QUICK_WARM_UP : WARM_UP);
        }
        return Duration.ofSeconds(checks.within("--warm-up", warmUp, 0, MOST_WARM_UP));
    }

    private int rounds(OptionChecks checks) {
        if (rounds == null) {
            return quick ? QUICK_ROUNDS : ROUNDS;
        }
        return checks.within("--rounds", rounds, 1, MOST_ROUNDS);
    }
}
