package dev.millrace.lab.torture;

import dev.millrace.lab.progress.Progress;
import dev.millrace.lab.stack.Instance;
import dev.millrace.lab.stack.LabSettings;
import dev.millrace.lab.stack.LabStack;
import dev.millrace.local.mint.BearerMint;
import dev.millrace.local.server.Place;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One run: start the stack, let clients and readers loose, let the faults of the schedule happen, let everything settle, and
 * reckon. Bounded in time by itself.
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

    private final Plan plan;
    private final LabSettings settings;
    private final Place place;
    private final Clock clock;
    private final Progress progress;

    /** What is seen while faults happen. */
    private final Differences differences = new Differences(50);

    /** What the reckoning finds: every creator has its line. */
    private final Differences reckoned = new Differences(2 * Cell.COUNT);

    /**
     * @param settings of two ingest nodes and two workers
     * @param place of data and logs
     */
    Torture(Plan plan, LabSettings settings, Place place, Clock clock, Progress progress) {
        this.plan = plan;
        this.settings = settings;
        this.place = place;
        this.clock = clock;
        this.progress = progress;
    }

    static LabSettings settings(Path root, Path home) {
        return LabSettings.fresh(root, home, INTERVAL, 2, WORKERS.size()).with("MILLRACE_KEEP_SETTLED", KEEP_SETTLED);
    }

    /** What came of it. */
    record Result(String report, boolean good) {}

    Result run() throws InterruptedException, SQLException {
        progress.step("starting Redis, Postgres, two ingest nodes, two workers and the ledger …");
        try (Network network = new Network(settings)) {
            LabStack stack = LabStack.start(settings, place, network.forServices(), progress::step);
            try {
                return torture(stack, network);
            } finally {
                stack.stop();
            }
        }
    }

    private Result torture(LabStack stack, Network network) throws InterruptedException, SQLException {
        long began = System.nanoTime();
        Schedule schedule = plan.schedule();
        progress.step("%d faults in %d s, seed %d"
                .formatted(schedule.faults().size(), plan.length().toSeconds(), plan.seed()));
        Wreck wreck = new Wreck(stack, network);
        Lateness lateness = new Lateness(stack.postgres(), clock, INTERVAL);
        Crowd watch = new Crowd(List.of((Crowd.Work) lateness::look), differences);
        Load load = Load.start(settings, network, clock, plan, differences);
        load.awaitFirst();
        Injector injector = new Injector(wreck, schedule, differences);
        try (injector) {
            watch(injector, schedule, load, lateness);
            progress.step("the faults are over; every event gets its answer …");
            load.stop(PATIENCE);
            settings.instances().forEach(stack::awaitReady);
        }
        progress.step("everything settles …");
        differences.addAll(new Settling(settings, WORKERS).await());
        watch.stop(Duration.ofSeconds(5));
        progress.step("reckoning …");
        Reckoning ledger = reckon(stack, load.oracle());
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        String report = Report.of(plan, took, injector, load, lateness.longest(), ledger, reckoned, differences);
        return new Result(report, reckoned.count() + differences.count() == 0);
    }

    private void watch(Injector injector, Schedule schedule, Load load, Lateness lateness) throws InterruptedException {
        long began = System.nanoTime();
        long end = began + plan.length().plus(OVERTIME).toNanos();
        Future<?> faults = injector.start();
        Speed speed = new Speed();
        while (!isOver(faults) || System.nanoTime() - began < plan.length().toNanos()) {
            long acknowledged = load.oracle().acknowledgedEvents();
            Duration elapsed = Duration.ofNanos(System.nanoTime() - began);
            Snapshot now = new Snapshot(
                    elapsed,
                    plan.length(),
                    speed.of(acknowledged),
                    acknowledged,
                    injector.byKind().total(),
                    schedule.faults().size(),
                    injector.current(),
                    lateness.now(),
                    differences.count());
            progress.state(elapsed, now.toString());
            if (System.nanoTime() > end) {
                differences.add(
                        new Difference("faults", "that all are healed in time", String.join(", ", injector.current())));
                return;
            }
        }
    }

    /** Waits a moment for it. */
    private boolean isOver(Future<?> faults) throws InterruptedException {
        try {
            if (faults.isDone()) {
                Thread.sleep(REFRESH_MILLIS);
            }
            faults.get(REFRESH_MILLIS, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("the faults broke off", e);
        }
    }

    /** What the API shows at the end, of some creators. */
    private Map<Integer, Long> shown() throws InterruptedException {
        URI ledger = settings.address(Instance.LEDGER);
        BalanceApi api = new BalanceApi(ledger, new BearerMint(settings.local().bearerSecret()), clock);
        Map<Integer, Long> shown = new HashMap<>();
        for (int creator = 0; creator < Cell.CREATORS; creator += SAMPLE) {
            try {
                if (api.ask(creator) instanceof BalanceApi.Reply.Total(long micros)) {
                    shown.put(creator, micros);
                    continue;
                }
            } catch (IOException e) {
                // As good as no balance.
            }
            differences.add(new Difference("balance of " + Cell.creatorName(creator) + " at the end", "one", "none"));
        }
        return shown;
    }

    private Reckoning reckon(LabStack stack, Oracle oracle) throws SQLException, InterruptedException {
        Map<Integer, Long> shown = shown();
        List<String> killed = stack.stopServices();
        if (!killed.isEmpty()) {
            differences.add(new Difference("services", "that they end when asked to", killed.toString()));
        }
        try (LedgerSession session = LedgerSession.open(stack.postgres(), 60)) {
            CounterCheck counters = new CounterCheck(stack.redis().url());
            return Reckoning.of(new Books(session), counters, oracle, shown, reckoned);
        }
    }
}
