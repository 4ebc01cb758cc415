package dev.millrace.lab.overload;

import dev.millrace.lab.command.OptionChecks;
import dev.millrace.lab.load.Case;
import dev.millrace.lab.progress.Progress;
import dev.millrace.lab.report.Machine;
import dev.millrace.lab.stack.Aof;
import dev.millrace.lab.stack.RunHome;
import dev.millrace.local.command.Terminal;
import dev.millrace.local.server.Place;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace overload}. */
@CommandLine.Command(
        name = "overload",
        description = {
            "Show that backpressure holds when more comes than can be taken.",
            "",
            "Starts the services as real processes, finds what they take at most, and lets requests arrive at parts and"
                    + " multiples of that, whether answers come or not. Then creators who look at their balances while events"
                    + " come in, and honest load with a flood of replays.",
            "",
            "It exits with 0 only when no event was lost or paid twice and every answer was one that clients know; a promise"
                    + " that a slow machine misses is told and costs nothing. Otherwise it keeps the data and says where.",
            ""
        })
public final class OverloadCommand implements Callable<Integer> {
    private static final int LONGEST = 600;
    private static final int HIGHEST = 1_000;
    private static final String LEVELS = "50,80,100,150,300";

    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "60",
            description = "How long each level and each run of the flood lasts, 1 to 600 (default: ${DEFAULT-VALUE}).")
    private String seconds = "60";

    @Option(
            names = "--case",
            paramLabel = "NAME",
            defaultValue = "batch-100",
            description = "How events are sent: single, batch-100, batch-1000 (default: ${DEFAULT-VALUE}).")
    private String shape = "batch-100";

    @Option(
            names = "--levels",
            paramLabel = "PERCENT",
            split = ",",
            defaultValue = LEVELS,
            description =
                    "Loads in percent of peak, 1 to 1000 (default: ${DEFAULT-VALUE}). 50 always comes first: what is"
                            + " normal is seen there.")
    private List<String> levels = List.of();

    @Option(
            names = "--aof",
            paramLabel = "SETTING",
            defaultValue = "always",
            description = "When Redis writes to the disk: off, everysec, always (default: ${DEFAULT-VALUE}).")
    private String aof = "always";

    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "A whole number from 0 that the events are drawn from (default: a new one, printed).")
    private @Nullable String seed;

    @Option(names = "--json", description = "Print one JSON object and nothing else; progress goes to standard error.")
    private boolean json;

    @Option(
            names = "--parts",
            paramLabel = "NAME",
            split = ",",
            description = "Of levels, flood, balances (default: all).")
    private List<String> parts = List.of();

    @Option(names = "--keep", description = "Keep data and logs also when nothing was lost.")
    private boolean keep;

    public OverloadCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        Plan plan = plan();
        return RunHome.run(
                terminal,
                "overload",
                plan.seed(),
                keep,
                () -> RunHome.Ending.interrupted(terminal, "nothing was measured"),
                home -> {
                    Outcome outcome = run(plan, home);
                    return new RunHome.Ending(outcome.isGood(), () -> print(outcome));
                });
    }

    private Outcome run(Plan plan, Path home) throws Exception {
        Place place =
                new Place(terminal.root().resolve(".millrace/binaries"), home.resolve("data"), home.resolve("logs"));
        try (Progress progress = Progress.to(terminal.err(), terminal.columns())) {
            progress.step("overload: seed " + plan.seed());
            return new Overload(plan, progress).run(terminal.root(), place);
        }
    }

    private void print(Outcome outcome) {
        Machine machine = Machine.ofThisProcess();
        if (json) {
            terminal.out().println(ResultsJson.of(outcome, machine));
            outcome.failures().forEach(terminal.err()::println);
        } else {
            terminal.out().print(Table.of(outcome, machine));
        }
    }

    private CommandLine.ParameterException wrong(String message) {
        return new OptionChecks(spec).wrong(message);
    }

    private Plan plan() {
        return new Plan(
                Duration.ofSeconds(whole("--seconds", seconds, 1, LONGEST)),
                named("--case", shape, Case.HTTP, Case::name),
                levels.stream()
                        .map(level -> (int) whole("--levels", level, 1, HIGHEST))
                        .toList(),
                named("--aof", aof, List.of(Aof.values()), Aof::toString),
                new OptionChecks(spec).known("--parts", parts, Part.class),
                seed == null ? OptionChecks.newSeed() : whole("--seed", seed, 0, Integer.MAX_VALUE - 1));
    }

    private long whole(String option, String given, long least, long most) {
        try {
            long number = Long.parseLong(given.strip());
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw wrong("%s has '%s'; it takes whole numbers from %d to %d".formatted(option, given, least, most));
    }

    private <T> T named(String option, String given, List<T> known, Function<T, String> name) {
        return known.stream()
                .filter(one -> name.apply(one).equals(given))
                .findFirst()
                .orElseThrow(() -> wrong("%s is '%s'; there are %s"
                        .formatted(option, given, known.stream().map(name).collect(Collectors.joining(", ")))));
    }
}
