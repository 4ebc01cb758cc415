package dev.millrace.settlement.reconcile;

import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.counters.RedisUnavailableException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code reconcile}: results on one stream, progress and complaints on the other, and an exit code. */
@Command(
        name = "reconcile",
        description = "Compare the counters in Redis with the ledger in Postgres, and the ledger with itself.",
        footer = {
            "",
            "Exit code 0: nothing differs and no quarantined epoch is undecided, or the decision is booked;",
            "1: something differs or is undecided, or the decision is refused;",
            "2: wrong usage, or a store can't be reached."
        })
public final class ReconcileCommand implements Callable<Integer> {
    private static final int CLEAN = 0;
    private static final int DIFFERS = 1;
    private static final int FAILED = 2;

    private final PrintStream out;
    private final PrintStream err;
    private final String[] settings;

    @Spec
    private @Nullable CommandSpec spec;

    @ArgGroup(exclusive = false)
    private @Nullable Decide decide;

    @Option(
            names = "--since",
            paramLabel = "HASH",
            description =
                    "hash again only the journals from the one with this hash on: 64 digits from the log of an earlier settlement."
                            + " That no journal has it is a difference")
    private String since = "";

    @Option(names = "--json", description = "print one JSON object")
    private boolean json;

    /** A decision about one epoch. */
    private static final class Decide {
        @ArgGroup(multiplicity = "1")
        private Way way = new Way();

        @Option(
                names = "--reason",
                paramLabel = "TEXT",
                required = true,
                description = "why, for the journal: 1 to 500 characters")
        private String reason = "";
    }

    /** Which way. */
    private static final class Way {
        @Option(
                names = "--adopt",
                paramLabel = "NAME",
                description = "pay a quarantined epoch, as a journal of its own; refused where that could pay it twice")
        private QuarantinedEpoch.@Nullable Name adopt;

        @Option(
                names = "--discard",
                paramLabel = "NAME",
                description = "record that a quarantined epoch will not be paid")
        private QuarantinedEpoch.@Nullable Name discard;
    }

    private ReconcileCommand(PrintStream out, PrintStream err, String... settings) {
        this.out = out;
        this.err = err;
        this.settings = settings;
    }

    /** Runs it on this process' own streams, in UTF-8 under any locale; returns the exit code. */
    public static int onTerminal(List<String> arguments) {
        return run(stream(FileDescriptor.out), stream(FileDescriptor.err), arguments);
    }

    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }

    /**
     * Runs it; the exit code.
     *
     * @param arguments the options, without the command's name
     * @param settings of Spring, on top of the environment's
     */
    static int run(PrintStream out, PrintStream err, List<String> arguments, String... settings) {
        CommandLine command = new CommandLine(new ReconcileCommand(out, err, settings));
        command.getCommandSpec()
                .addOption(OptionSpec.builder("-h", "--help")
                        .usageHelp(true)
                        .description("print this help")
                        .build());
        return command.registerConverter(QuarantinedEpoch.Name.class, QuarantinedEpoch.Name::parse)
                .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
                .execute(arguments.toArray(String[]::new));
    }

    @Override
    public Integer call() {
        Decide wanted = decide;
        if (wanted != null && !Decisions.isReason(wanted.reason)) {
            throw new ParameterException(
                    Objects.requireNonNull(spec).commandLine(),
                    "a decision takes a --reason of 1 to 500 characters without control characters");
        }
        if (!since.isEmpty() && (wanted != null || !since.matches("[0-9a-f]{64}"))) {
            throw new ParameterException(
                    Objects.requireNonNull(spec).commandLine(),
                    "--since takes the 64 hexadecimal digits of a journal's hash, and goes with no decision");
        }
        try (ConfigurableApplicationContext context = start()) {
            return run(wanted, context);
        }
    }

    /** The worker logs to standard output, which belongs to the result here. */
    private ConfigurableApplicationContext start() {
        return new SpringApplicationBuilder(ReconcileConfiguration.class)
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .logStartupInfo(false)
                .properties("logging.threshold.console=off")
                .run(settings);
    }

    private int run(@Nullable Decide wanted, ConfigurableApplicationContext context) {
        try {
            ReconcileReport report = new ReconcileReport(out, err, json);
            boolean isWell;
            if (wanted == null) {
                isWell = context.getBean(Reconciliation.class).compare(report, since);
            } else if (wanted.way.adopt != null) {
                isWell = context.getBean(Decisions.class).adopt(wanted.way.adopt, wanted.reason, report);
            } else {
                isWell = context.getBean(Decisions.class)
                        .discard(Objects.requireNonNull(wanted.way.discard), wanted.reason, report);
            }
            return isWell ? CLEAN : DIFFERS;
        } catch (Reconciliation.NeverStillException e) {
            err.println(e.getMessage());
        } catch (DataAccessException | TransactionException | RedisUnavailableException | RedisRefusedException e) {
            err.println(unreachable(e, context));
        }
        return FAILED;
    }

    /** The fault of a store, and the remedy. */
    private static String unreachable(Throwable e, ConfigurableApplicationContext context) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException) {
                return "the ledger (%s) can't be read: %s\nIs Postgres up, and do MILLRACE_POSTGRES_URL, _USER and _PASSWORD (and _READER, _READER_PASSWORD) fit it?"
                        .formatted(
                                context.getEnvironment()
                                        .getProperty("spring.datasource.url", "")
                                        .replaceAll("\\?.*", ""),
                                cause.getMessage());
            }
        }
        String redis = context.getBean(RedisConnections.class).place();
        return e instanceof RedisRefusedException
                ? "the counters (%s) can't be read: Redis answers %s".formatted(redis, e.getMessage())
                : "the counters (%s) can't be read: %s\nIs Redis up, and does MILLRACE_REDIS_URL fit it?"
                        .formatted(
                                redis,
                                NestedExceptionUtils.getMostSpecificCause(e).getMessage());
    }
}
