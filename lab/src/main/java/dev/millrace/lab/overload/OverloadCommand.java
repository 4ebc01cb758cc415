package dev.millrace.lab.overload;

import dev.millrace.lab.command.LabCommand;
import dev.millrace.lab.command.ProgressPrinter;
import dev.millrace.lab.load.Case;
import dev.millrace.lab.stack.Aof;
import dev.millrace.lab.stack.RunHome;
import dev.millrace.lab.stack.Stage;
import dev.millrace.local.command.Terminal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
public final class OverloadCommand extends LabCommand {
    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "How long each level and each run of the flood lasts, 1 to 600 (default: 60).")
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
            description = "Of levels, flood, balances (default: all).")
    private List<String> parts = List.of();

    @Option(names = "--json", description = "Print one JSON object and nothing else; progress goes to standard error.")
    private boolean json;

    public OverloadCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() throws Exception {
        Overload.Plan plan = plan();
        return run(plan.seed(), home -> run(plan, home));
    }

    private RunHome.Ending run(Overload.Plan plan, Path home) throws Exception {
        try (ProgressPrinter progress = progress(plan.seed())) {
            OverloadReport report = Overload.run(plan, new Stage(terminal.root(), home, progress::step), progress);
            return new RunHome.Ending(report.failures().isEmpty(), () -> print(json, report));
        }
    }

    private Overload.Plan plan() {
        known("--case", List.of(shape), Case.HTTP.stream().map(Case::name).toList());
        return new Overload.Plan(
                Duration.ofSeconds(within("--seconds", seconds, 1, 600)),
                Case.HTTP.stream()
                        .filter(one -> one.name().equals(shape))
                        .findFirst()
                        .orElseThrow(),
                levels.stream()
                        .map(level -> within("--levels", level, 1, 1_000))
                        .toList(),
                known("--aof", List.of(aof), Aof.class).iterator().next(),
                known("--parts", parts, Overload.Part.class),
                seed());
    }
}
