package dev.millrace.lab.torture;

import dev.millrace.lab.command.OptionChecks;
import dev.millrace.lab.progress.Progress;
import dev.millrace.lab.stack.LabSettings;
import dev.millrace.lab.stack.RunHome;
import dev.millrace.local.command.Terminal;
import dev.millrace.local.server.Place;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace torture}. */
@CommandLine.Command(
        name = "torture",
        description = {
            "Prove that not one micro is lost or paid twice while everything fails.",
            "",
            "Starts one Redis, one Postgres, two ingest nodes, two workers and the ledger as real processes, sends events,"
                    + " reads balances, and kills, stops and cuts off any of them at random. When all is healed and settled,"
                    + " it holds the ledger against what was sent, creator by creator.",
            "",
            "It exits with 0 only when there is no difference; otherwise it keeps the data and says where.",
            ""
        })
public final class TortureCommand implements Callable<Integer> {
    private static final BigDecimal MINUTE = BigDecimal.valueOf(60_000);
    private static final BigDecimal LEAST = new BigDecimal("0.1");
    private static final BigDecimal MOST = new BigDecimal("1440");

    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "10",
            description = "How long faults happen, 0.1 to 1440 (default: ${DEFAULT-VALUE}).")
    private String minutes = "10";

    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "A whole number that the faults are drawn from (default: a new one, printed).")
    private @Nullable String seed;

    @Option(
            names = "--faults",
            paramLabel = "KIND",
            split = ",",
            description = "Kinds of faults: kill, stop, cut, delay, half-open, reset (default: all).")
    private List<String> faults = List.of();

    @Option(
            names = "--both",
            paramLabel = "SHARE",
            description =
                    "Share of the events that are sent to both ingest nodes at the same time, 0 to 1 (default: 0.01).")
    private double both = Plan.USUAL_BOTH;

    @Option(names = "--keep", description = "Keep data and logs also when there is no difference.")
    private boolean keep;

    public TortureCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        Plan plan = new Plan(length(), seed(), kinds(), both());
        return RunHome.run(
                terminal,
                "torture",
                plan.seed(),
                keep,
                () -> RunHome.Ending.interrupted(terminal, "nothing was proven"),
                home -> {
                    Torture.Result result = run(plan, home);
                    return new RunHome.Ending(
                            result.good(), () -> terminal.out().println(result.report()));
                });
    }

    private Torture.Result run(Plan plan, Path home) throws InterruptedException, SQLException {
        LabSettings settings = Torture.settings(terminal.root(), home);
        Place place = new Place(terminal.root().resolve(".millrace/binaries"), home, home.resolve("logs"));
        try (Progress progress = Progress.to(terminal.err(), terminal.columns())) {
            return new Torture(plan, settings, place, terminal.clock(), progress).run();
        }
    }

    private Duration length() {
        try {
            BigDecimal number = new BigDecimal(minutes);
            if (number.compareTo(LEAST) >= 0 && number.compareTo(MOST) <= 0) {
                return Duration.ofMillis(number.multiply(MINUTE).longValue());
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw wrong("--minutes is '%s'; it takes a number from 0.1 to 1440, such as 1 or 0.5".formatted(minutes));
    }

    private long seed() {
        if (seed == null) {
            return OptionChecks.newSeed();
        }
        try {
            return Long.parseLong(seed);
        } catch (NumberFormatException e) {
            throw wrong("--seed is '%s'; it takes a whole number, such as 42".formatted(seed));
        }
    }

    private double both() {
        if (!(both >= 0 && both <= 1)) {
            throw wrong("--both is %s; it takes a number from 0 to 1, such as 0.5".formatted(both));
        }
        return both;
    }

    private Set<FaultKind> kinds() {
        if (faults.isEmpty()) {
            return EnumSet.allOf(FaultKind.class);
        }
        return faults.stream().map(this::kind).collect(Collectors.toSet());
    }

    private FaultKind kind(String name) {
        return Stream.of(FaultKind.values())
                .filter(kind -> kind.toString().equals(name))
                .findFirst()
                .orElseThrow(() -> wrong("--faults has '%s'; the kinds are %s"
                        .formatted(
                                name,
                                Stream.of(FaultKind.values())
                                        .map(FaultKind::toString)
                                        .collect(Collectors.joining(", ")))));
    }

    private CommandLine.ParameterException wrong(String message) {
        return new OptionChecks(spec).wrong(message);
    }
}
