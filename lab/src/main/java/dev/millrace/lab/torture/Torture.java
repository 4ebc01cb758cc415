package dev.millrace.lab.torture;

import dev.millrace.lab.command.ProgressPrinter;
import dev.millrace.lab.stack.Instance;
import dev.millrace.lab.stack.LabSettings;
import dev.millrace.lab.stack.LabStack;
import dev.millrace.local.mint.BearerMint;
import dev.millrace.local.server.Place;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
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

    private final TorturePlan plan;
    private final LabSettings settings;
    private final Place place;
    private final Clock clock;
    private final ProgressPrinter progress;

    /** What is seen while faults happen. */
    private final Deviations deviations = new Deviations(50);

    /** What the reckoning finds: every creator has its line. */
    private final Deviations reckoned = new Deviations(2 * Cell.COUNT);

    /**
     * @param settings of two ingest nodes and two workers
     * @param place of data and logs
     */
    Torture(TorturePlan plan, LabSettings settings, Place place, Clock clock, ProgressPrinter progress) {
        this.plan = plan;
        this.settings = settings;
        this.place = place;
        this.clock = clock;
        this.progress = progress;
    }

    static LabSettings settings(Path root, Path home) {
        return LabSettings.fresh(root, home, INTERVAL, 2, WORKERS.size()).with("MILLRACE_KEEP_SETTLED", KEEP_SETTLED);
    }

    TortureReport run() throws InterruptedException, SQLException {
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

    private TortureReport torture(LabStack stack, Network network) throws InterruptedException, SQLException {
        long began = System.nanoTime();
        Schedule schedule = plan.schedule();
        progress.step("%d faults in %d s, seed %d"
                .formatted(schedule.faults().size(), plan.length().toSeconds(), plan.seed()));
        Lateness lateness = new Lateness(stack.postgres(), clock, INTERVAL);
        Crowd watch = new Crowd(List.of((Crowd.Work) lateness::look), deviations);
        Load load = Load.start(settings, network, clock, plan, deviations);
        load.awaitFirst();
        Injector injector = new Injector(stack, network, schedule, deviations);
        try (injector) {
            watch(injector, schedule, load, lateness);
            progress.step("the faults are over; every event gets its answer …");
            load.stop(PATIENCE);
            settings.instances().forEach(stack::awaitReady);
        }
        progress.step("everything settles …");
        new Settling(settings, WORKERS).await(deviations);
        watch.stop(Duration.ofSeconds(5));
        progress.step("reckoning …");
        Reckoning ledger = reckon(stack, load.oracle());
        long took = Duration.ofNanos(System.nanoTime() - began).toSeconds();
        long late = lateness.longest().toMillis();
        return TortureReport.of(plan, took, injector, load, late, ledger, reckoned, deviations);
    }

    private void watch(Injector injector, Schedule schedule, Load load, Lateness lateness) throws InterruptedException {
        long began = System.nanoTime();
        long end = began + plan.length().plus(OVERTIME).toNanos();
        Future<?> faults = injector.start();
        Speed speed = new Speed();
        while (!isOver(faults) || System.nanoTime() - began < plan.length().toNanos()) {
            long acknowledged = load.oracle().acknowledgedEvents();
            List<String> current = injector.current();
            progress.state("%,d events/s  %,d acknowledged  fault %d/%d  late %.1f s%s%s"
                    .formatted(
                            speed.of(acknowledged),
                            acknowledged,
                            injector.byKind().total(),
                            schedule.faults().size(),
                            lateness.now().toMillis() / 1_000.0,
                            deviations.count() == 0 ? "" : "  DIFFERENCES " + deviations.count(),
                            current.isEmpty() ? "" : "  now: " + String.join(", ", current)));
            if (System.nanoTime() > end) {
                deviations.add("faults", "that all are healed in time", String.join(", ", injector.current()));
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
        BalanceReader reader =
                new BalanceReader(ledger, new BearerMint(settings.local().bearerSecret()), clock, deviations);
        Map<Integer, Long> shown = new HashMap<>();
        for (int creator = 0; creator < Cell.CREATORS; creator += SAMPLE) {
            OptionalLong micros = reader.ask(creator);
            if (micros.isPresent()) {
                shown.put(creator, micros.getAsLong());
            } else {
                deviations.add("balance of " + Cell.creatorName(creator) + " at the end", "one", "none");
            }
        }
        return shown;
    }

    private Reckoning reckon(LabStack stack, Oracle oracle) throws SQLException, InterruptedException {
        Map<Integer, Long> shown = shown();
        List<String> killed = stack.stopServices();
        if (!killed.isEmpty()) {
            deviations.add("services", "that they end when asked to", killed.toString());
        }
        try (LedgerSession session = LedgerSession.open(stack.postgres(), 60)) {
            RedisReckoning counters = new RedisReckoning(stack.redis().url());
            return Reckoning.of(new Books(session), counters, oracle, shown, reckoned);
        }
    }

    /** Events a second, over the last seconds. Not thread-safe. */
    private static final class Speed {
        private static final long WINDOW = 5_000_000_000L;
        private static final long NANOS = 1_000_000_000L;

        private final Deque<Point> points = new ArrayDeque<>();

        private record Point(long at, long events) {}

        /** @param events in all, by now */
        long of(long events) {
            long now = System.nanoTime();
            points.addLast(new Point(now, events));
            while (points.size() > 2 && now - points.getFirst().at() > WINDOW) {
                points.removeFirst();
            }
            Point first = points.getFirst();
            return now == first.at() ? 0 : (events - first.events()) * NANOS / (now - first.at());
        }
    }
}
