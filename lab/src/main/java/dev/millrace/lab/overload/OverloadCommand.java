package dev.millrace.lab.overload;

import dev.millrace.lab.command.MeasuringCommand;
import dev.millrace.lab.command.ProgressPrinter;
import dev.millrace.lab.load.Case;
import dev.millrace.lab.stack.Aof;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.Stage;
import dev.millrace.local.command.Terminal;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code millrace overload}. */
@CommandLine.Command(
        name = "overload",
        description = {
            "Show that backpressure holds when more comes than can be taken.",
            "",
            "Starts the services as real processes, finds what they take at most, and lets requests arrive at parts and"
                    + " multiples of that, whether answers come or not. Then creators look at their balances while events"
                    + " come in, and honest load meets a flood of replays.",
            "",
            "It exits with 0 only when no event was lost or paid twice and every answer was one that clients know; a promise"
                    + " that a slow machine misses is told and costs nothing. Otherwise it keeps the data and says where.",
            ""
        })
public final class OverloadCommand extends MeasuringCommand {
    /** A settlement every five seconds, and one node. */
    private static final MillraceStack.Setup SETUP =
            new MillraceStack.Setup(Duration.ofSeconds(5), MillraceStack.JVM, 1, 0);

    private static final List<String> PARTS = List.of("levels", "balances", "flood");

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "Length of each level and run, 1 to 600 (default: 60).")
    private int seconds = 60;

    @Option(
            names = "--case",
            paramLabel = "NAME",
            description = "How events are sent: single, batch-100, batch-1000 (default: batch-100).")
    private String shape = Case.BATCH_100.name();

    @Option(
            names = "--levels",
            paramLabel = "PERCENT",
            split = ",",
            description =
                    "Loads in percent of peak, 1 to 1000 (default: 50,80,100,150,300). 50 always comes first: what is"
                            + " normal is seen there.")
    private List<Integer> levels = List.of(50, 80, 100, 150, 300);

    @Option(
            names = "--aof",
            paramLabel = "SETTING",
            description = "When Redis writes to the disk: off, everysec, always (default: always).")
    private String aof = Aof.ALWAYS.toString();

    @Option(
            names = "--parts",
            paramLabel = "NAME",
            split = ",",
            description = "Of levels, balances, flood (default: all).")
    private List<String> parts = List.of();

    public OverloadCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() throws Exception {
        known("--case", List.of(shape), Case.HTTP.stream().map(Case::name).toList());
        levels.forEach(level -> within("--levels", level, 1, 1_000));
        Set<String> wanted = known("--parts", parts, PARTS);
        Overload.Plan plan = new Overload.Plan(
                Duration.ofSeconds(within("--seconds", seconds, 1, 600)),
                Case.HTTP.stream()
                        .filter(one -> one.name().equals(shape))
                        .findFirst()
                        .orElseThrow(),
                known("--aof", List.of(aof), Aof.class).iterator().next(),
                seed());
        ProgressPrinter progress = progress(plan.seed());
        OverloadFindings findings = new OverloadFindings(plan, progress);
        return measure(plan.seed(), progress, findings::report, stage -> run(plan, wanted, stage, progress, findings));
    }

    private void run(
            Overload.Plan plan, Set<String> wanted, Stage stage, ProgressPrinter progress, OverloadFindings findings)
            throws Exception {
        progress.step("starting Redis, Postgres, ingest-api, a worker and the ledger …");
        try (MillraceStack stack = MillraceStack.start(stage, "overload", SETUP)) {
            findings.servers.addAll(stack.descriptions());
            Overload overload = new Overload(plan, progress, stack, findings);
            overload.findPeak();
            if (wanted.isEmpty() || wanted.contains("levels")) {
                overload.levels(levels);
            }
            if (wanted.isEmpty() || wanted.contains("balances")) {
                overload.balances();
            }
            if (wanted.isEmpty() || wanted.contains("flood")) {
                overload.flood();
            }
        }
    }
}
