package dev.millrace.lab.torture;

import com.google.common.util.concurrent.AtomicLongMap;
import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import dev.millrace.lab.command.ProgressPrinter;
import dev.millrace.lab.stack.Instance;
import dev.millrace.lab.stack.LabSettings;
import dev.millrace.lab.stack.LabStack;
import dev.millrace.lab.stack.RunHome;
import dev.millrace.lab.stack.Stage;
import dev.millrace.lab.torture.Oracle.Cell;
import dev.millrace.local.command.Terminal;
import dev.millrace.local.server.Place;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * One run: start the stack, let clients and readers loose, let the faults of the schedule happen, let everything settle, and
 * compare. Bounded in time by itself.
 */
final class Torture {
    private static final Duration INTERVAL = Duration.ofSeconds(3);
    private static final String KEEP_SETTLED = "20s";

    /** How long faults may go on beyond the schedule: the last ones are to be healed, a server may take long to start. */
    private static final Duration OVERTIME = Duration.ofMinutes(3);

    /** How long clients go on asking for an answer once everything is healed. */
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    /** Every tenth creator's balance is asked for at the end. */
    private static final int SAMPLE = 10;

    private static final long REFRESH_MILLIS = 250;
    private static final List<Instance> WORKERS = List.of(Instance.worker(1), Instance.worker(2));

    private final TorturePlan plan;
    private final Terminal terminal;
    private final ProgressPrinter progress;
    private final Place place;
    private final LabSettings settings;
    private final List<Fault> faults;
    private final List<String> lines = new ArrayList<>();

    /** What is seen while faults happen. */
    private final Deviations deviations = new Deviations(50);

    /** What is found at the end: every creator has its line. */
    private final Deviations atTheEnd = new Deviations(2 * Cell.CREATORS * Cell.PUBLISHERS);

    private Torture(TorturePlan plan, Stage stage, Terminal terminal, ProgressPrinter progress) {
        this.plan = plan;
        this.terminal = terminal;
        this.progress = progress;
        this.place = stage.place("stack");
        this.settings = LabSettings.fresh(stage.root(), place.data(), INTERVAL, 2, WORKERS.size())
                .with("MILLRACE_KEEP_SETTLED", KEEP_SETTLED)
                .with("MILLRACE_AVAILABLE_AFTER", "0s")
                .with("MILLRACE_TRUSTED_PROXIES", "127.0.0.1");
        this.faults = Schedule.draw(plan.seed(), plan.length(), plan.kinds());
    }

    static RunHome.Ending run(TorturePlan plan, Stage stage, Terminal terminal, ProgressPrinter progress)
            throws IOException, InterruptedException {
        Torture torture = new Torture(plan, stage, terminal, progress);
        progress.step("starting Redis, Postgres, two ingest nodes, two workers and the ledger …");
        try (Network network = new Network(torture.settings)) {
            LabStack stack = LabStack.start(network.over(torture.settings), torture.place, progress::step);
            try {
                torture.run(stack, network);
            } finally {
                stack.stop();
            }
        }
        return torture.ending();
    }

    private void run(LabStack stack, Network network) throws IOException, InterruptedException {
        long began = System.nanoTime();
        progress.step("%d faults in %d s, seed %d"
                .formatted(faults.size(), plan.length().toSeconds(), plan.seed()));
        Load load = Load.start(settings, network, terminal.clock(), plan, deviations);
        load.awaitFirst();
        Injector injector = new Injector(stack, network, faults, deviations);
        try (injector) {
            watch(injector, load);
            progress.step("the faults are over; every event gets its answer …");
            load.stop(PATIENCE);
            settings.instances().forEach(stack::awaitReady);
        }
        progress.step("everything settles …");
        LedgerAudit audit = new LedgerAudit(stack.ledger(), atTheEnd);
        audit.awaitSettled(stack, WORKERS);
        progress.step("comparing …");
        Map<String, Long> balances = balances(load);
        List<String> killed = stack.stopServices();
        if (!killed.isEmpty()) {
            deviations.add("services", "that they end when asked to", killed.toString());
        }
        requireActs(load.operators);
        List<LedgerAudit.Cursor> cursors = audit.compare(load.oracle, load.operators, balances);
        new CounterAudit(atTheEnd).compare(stack.redis().url(), cursors);
        long journals = reconcile(stack, audit);
        long took = Duration.ofNanos(System.nanoTime() - began).toSeconds();
        report(took, injector, load, audit, cursors);
        line(
                "settlements",
                "%,d journals, late by at most %.1f s",
                journals,
                audit.longestGap().minus(INTERVAL).toMillis() / 1_000.0);
        line("balances", "%s", counts(" asked for", load.balances));
        line("again", "%s", plan.command());
    }

    private void watch(Injector injector, Load load) throws InterruptedException {
        long began = System.nanoTime();
        long end = began + plan.length().plus(OVERTIME).toNanos();
        injector.start();
        while (!injector.isOver() || System.nanoTime() - began < plan.length().toNanos()) {
            List<String> current = injector.current();
            progress.state("%,d acknowledged  fault %d/%d%s%s"
                    .formatted(
                            load.oracle.acknowledged.events(),
                            injector.byKind.sum(),
                            faults.size(),
                            deviations.count() == 0 ? "" : "  DIFFERENCES " + deviations.count(),
                            current.isEmpty() ? "" : "  now: " + String.join(", ", current)));
            if (System.nanoTime() > end) {
                deviations.add("faults", "that all are healed in time", String.join(", ", current));
                return;
            }
            Thread.sleep(REFRESH_MILLIS);
        }
    }

    /** Where operators did nothing, nothing is proven of their acts. */
    private void requireActs(Operators operators) {
        for (String act : List.of("correction.book", "payout.request", "holds", "suspensions")) {
            if (operators.done.get(act) == 0) {
                deviations.add("operators", "at least one of " + act, "none");
            }
        }
    }

    /** What the API shows at the end, of some creators. */
    private Map<String, Long> balances(Load load) throws InterruptedException {
        Map<String, Long> balances = new HashMap<>();
        for (int number = 0; number < Cell.CREATORS; number += SAMPLE) {
            String creator = Cell.creator(number);
            OptionalLong micros = load.balance(creator);
            if (micros.isPresent()) {
                balances.put(creator, micros.getAsLong());
            } else {
                deviations.add("balance of " + creator + " at the end", "one", "none");
            }
        }
        return balances;
    }

    private long reconcile(LabStack stack, LedgerAudit audit) throws InterruptedException {
        try {
            return audit.addDifferences(stack.reconcile());
        } catch (IOException e) {
            atTheEnd.add("reconcile", "that it compares", e.getMessage());
            return 0;
        }
    }

    private void report(long took, Injector injector, Load load, LedgerAudit audit, List<LedgerAudit.Cursor> cursors) {
        Oracle oracle = load.oracle;
        line("seed", "%d", plan.seed());
        line("duration", "%d s of faults, %d s in all", plan.length().toSeconds(), took);
        line("faults", "%s", counts("", injector.byKind));
        line("on", "%s", byName(injector.byTarget));
        line("ended by itself", "%s", byName(injector.endedByThemselves));
        line(
                "events",
                "%,d sent, %,d acknowledged, %,d without an answer, %,d settled",
                oracle.sent.events(),
                oracle.acknowledged.events(),
                oracle.unanswered.events(),
                LedgerAudit.Cursor.sum(cursors, LedgerAudit.Cursor::events));
        line("visits", "%,d archived of %,d visitors", audit.visits(), oracle.sent.visitors());
        line("filtered", "%,d events of robots", oracle.sent.filtered());
        line("sent twice", "%s", counts(" on purpose", load.sentTwice));
        line("verdicts", "%s", byName(load.post.verdicts));
        line("operators", "%s", counts(" acts", load.operators.done));
        line("moved", "%,d micros corrected, %,d paid out", load.operators.corrected.sum(), load.operators.paid.sum());
        line("asked again", "%s", counts(" acts", load.operators.repeated));
        line("sent again", "%s", counts(" requests", load.post.repeated));
        long micros = LedgerAudit.Cursor.sum(cursors, LedgerAudit.Cursor::micros);
        long least = oracle.acknowledged.micros();
        long most = oracle.sent.micros();
        line("micros", "%,d sent, %,d acknowledged, %,d in the ledger", most, least, micros);
        line("drift", "%,d micros", micros - Math.clamp(micros, least, most));
    }

    private RunHome.Ending ending() {
        boolean good = atTheEnd.count() + deviations.count() == 0;
        List<String> text = new ArrayList<>();
        text.add(
                good
                        ? "torture: no difference"
                        : "torture: %,d DIFFERENCES at the end, %,d before"
                                .formatted(atTheEnd.count(), deviations.count()));
        atTheEnd.first().forEach(each -> text.add("  " + each));
        deviations.first().forEach(each -> text.add("  meanwhile, " + each));
        text.addAll(lines);
        return new RunHome.Ending(good, () -> text.forEach(terminal.out()::println));
    }

    @FormatMethod
    private void line(String name, @FormatString String format, Object... values) {
        lines.add("  %-16s %s".formatted(name, String.format(format, values)));
    }

    /** {@code 23 in all: cut 12, kill 11}. */
    private static String counts(String what, AtomicLongMap<String> counts) {
        return "%,d%s: %s".formatted(counts.sum(), what, byName(counts));
    }

    /** {@code cut 12, kill 9}; {@code none} where nothing was counted. */
    private static String byName(AtomicLongMap<String> counts) {
        return counts.isEmpty()
                ? "none"
                : new TreeMap<>(counts.asMap())
                        .entrySet().stream()
                                .map(count -> "%s %,d".formatted(count.getKey(), count.getValue()))
                                .collect(Collectors.joining(", "));
    }
}
