package dev.millrace.lab.bench;

import dev.millrace.lab.command.MeasuringCommand;
import dev.millrace.lab.command.ProgressPrinter;
import dev.millrace.lab.stack.Aof;
import dev.millrace.local.command.Terminal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

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
public final class BenchCommand extends MeasuringCommand {
    private static final Duration QUICK_BUDGET = Duration.ofSeconds(255);
    private static final Duration NO_BUDGET = Duration.ofDays(1);

    private final List<Contestant.Entrant> entrants;

    @Option(
            names = "--quick",
            description = "A first look in under five minutes: shorter rounds, fewer cases and settings.")
    private boolean quick;

    @Option(names = "--contestants", paramLabel = "NAME", split = ",", description = "Who takes part (default: all).")
    private List<String> contestants = List.of();

    @Option(
            names = "--cases",
            paramLabel = "NAME",
            split = ",",
            description = "Such as single, clients-64 (default: all).")
    private List<String> cases = List.of();

    @Option(
            names = "--aof",
            paramLabel = "SETTING",
            split = ",",
            description = "Of off, everysec, always (default: all).")
    private List<String> aofs = List.of();

    @Option(names = "--rounds", paramLabel = "N", description = "Of each scenario (default: 5, with --quick up to 3).")
    private @Nullable Integer rounds;

    @Option(
            names = "--warm-up",
            paramLabel = "SECONDS",
            description = "Of each contestant (default: 20, with --quick 6).")
    private @Nullable Integer warmUp;

    @Option(
            names = "--remembered",
            paramLabel = "N",
            description = "Identities in the logs of millrace-remembered (default: 0, with --quick 1000000).")
    private @Nullable Integer remembered;

    public BenchCommand(Terminal terminal) {
        this(terminal, Contestant.Entrant.ALL);
    }

    BenchCommand(Terminal terminal, List<Contestant.Entrant> entrants) {
        super(terminal);
        this.entrants = List.copyOf(entrants);
    }

    @Override
    public Integer call() throws Exception {
        BenchPlan plan = plan();
        ProgressPrinter progress = progress(plan.seed());
        Bench bench = new Bench(plan, all(), progress);
        return measure(plan.seed(), progress, bench::report, bench::run);
    }

    /** Those whose logs are full stand behind those whose logs are empty. */
    private List<Contestant.Entrant> all() {
        int identities =
                within("--remembered", Objects.requireNonNullElse(remembered, quick ? 1_000_000 : 0), 0, 100_000_000);
        List<Contestant.Entrant> all = new ArrayList<>();
        for (Contestant.Entrant entrant : entrants) {
            all.add(entrant);
            if (identities > 0 && entrant.name().equals(MillraceServices.NAME)) {
                all.add(Contestant.Entrant.remembering(identities));
            }
        }
        return all;
    }

    private BenchPlan plan() {
        List<String> allCases = entrants.stream()
                .flatMap(entrant -> entrant.scenarios().stream())
                .map(scenario -> scenario.shape().name())
                .distinct()
                .toList();
        return new BenchPlan(
                quick,
                known(
                        "--contestants",
                        contestants,
                        all().stream().map(Contestant.Entrant::name).toList()),
                known("--cases", cases, allCases),
                known("--aof", aofs, Aof.class),
                Duration.ofSeconds(within("--warm-up", Objects.requireNonNullElse(warmUp, quick ? 6 : 20), 0, 600)),
                within("--rounds", Objects.requireNonNullElse(rounds, quick ? 3 : 5), 1, 99),
                Duration.ofMillis(quick ? 1_500 : 3_000),
                quick && rounds == null ? QUICK_BUDGET : NO_BUDGET,
                seed());
    }
}
