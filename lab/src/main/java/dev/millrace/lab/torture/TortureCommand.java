package dev.millrace.lab.torture;

import dev.millrace.lab.command.LabCommand;
import dev.millrace.lab.command.ProgressPrinter;
import dev.millrace.lab.stack.RunHome;
import dev.millrace.lab.stack.Stage;
import dev.millrace.local.command.Terminal;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;

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
public final class TortureCommand extends LabCommand {
    private static final BigDecimal MINUTE = BigDecimal.valueOf(60_000);
    private static final BigDecimal LEAST = new BigDecimal("0.1");
    private static final BigDecimal MOST = new BigDecimal("1440");

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "10",
            description = "How long faults happen, 0.1 to 1440 (default: ${DEFAULT-VALUE}).")
    private String minutes = "10";

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
    private double both = TorturePlan.USUAL_BOTH;

    public TortureCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() throws Exception {
        TorturePlan plan = new TorturePlan(length(), seed(), known("--faults", faults, Fault.Kind.class), both());
        return run(plan.seed(), () -> RunHome.Ending.interrupted(terminal, "nothing was proven"), home -> {
            try (ProgressPrinter progress = progress(plan.seed())) {
                Stage stage = new Stage(terminal.root(), home, progress::step);
                return Torture.run(plan, stage, terminal, progress);
            }
        });
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

    private double both() {
        if (!(both >= 0 && both <= 1)) {
            throw wrong("--both is %s; it takes a number from 0 to 1, such as 0.5".formatted(both));
        }
        return both;
    }
}
