package dev.millrace.settlement.reconcile;

import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.counters.RedisUnavailableException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/** The command {@code reconcile}: results on one stream, progress and complaints on the other, and an exit code. */
public final class Reconcile {
    private static final int CLEAN = 0;
    private static final int DIFFERS = 1;
    private static final int FAILED = 2;

    private final PrintStream out;
    private final PrintStream err;

    public Reconcile(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /** On this process' own streams, in UTF-8 whatever the locale: names and reasons are. */
    public static Reconcile onTerminal() {
        return new Reconcile(stream(FileDescriptor.out), stream(FileDescriptor.err));
    }

    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }

    /**
     * The exit code.
     *
     * @param arguments the options, without the command's name
     * @param settings of Spring, on top of the environment's
     */
    public int run(List<String> arguments, String... settings) {
        try {
            Request request = Request.parse(arguments);
            if (request.help()) {
                out.print(Request.USAGE);
                return CLEAN;
            }
            try (ConfigurableApplicationContext context = start(settings)) {
                return run(request, context);
            }
        } catch (Request.WrongUsageException e) {
            err.println(e.getMessage());
            err.print(Request.USAGE);
            return FAILED;
        }
    }

    /** The worker logs to standard output, which belongs to the result here. */
    private static ConfigurableApplicationContext start(String... settings) {
        return new SpringApplicationBuilder(ReconcileConfiguration.class)
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .logStartupInfo(false)
                .properties("logging.threshold.console=off")
                .run(settings);
    }

    private int run(Request request, ConfigurableApplicationContext context) {
        try {
            Report report = request.json() ? new JsonReport(out) : new TextReport(out);
            Request.Decide decision = request.decision();
            return decision == null
                    ? compare(report, context.getBean(Reconciliation.class))
                    : decide(decision, report, context.getBean(Decisions.class));
        } catch (DataAccessException | TransactionException | RedisUnavailableException | RedisRefusedException e) {
            Environment environment = context.getEnvironment();
            err.println(Unreachable.explain(
                    e,
                    context.getBean(RedisConnections.class).place(),
                    environment.getProperty("spring.datasource.url", "").replaceAll("\\?.*", "")));
            return FAILED;
        }
    }

    private int compare(Report report, Reconciliation reconciliation) {
        try {
            return reconciliation.compare(report, new Progress(err)).isClean() ? CLEAN : DIFFERS;
        } catch (Reconciliation.NeverStillException e) {
            err.println(e.getMessage());
            return FAILED;
        }
    }

    private static int decide(Request.Decide wanted, Report report, Decisions decisions) {
        Decisions.Outcome outcome = decisions.decide(wanted);
        report.outcome(wanted, outcome);
        return outcome instanceof Decisions.Outcome.Booked ? CLEAN : DIFFERS;
    }
}
