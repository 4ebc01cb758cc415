package dev.millrace.lab.bench;

import dev.millrace.lab.command.LabCommand;
import dev.millrace.lab.command.Machine;
import dev.millrace.lab.command.ProgressPrinter;
import dev.millrace.lab.command.Report;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.stack.Costs;
import dev.millrace.lab.stack.ProcessUsage;
import dev.millrace.lab.stack.Stage;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * One run: start the contestants, warm each up, let them take turns, and say what came of it. What a contestant is doing
 * when it fails ends its part; the others go on, and the rounds that it has finished stand.
 */
final class Bench {
    private static final int FEWEST = 64;
    private static final int MOST = 2_000_000;

    /** Requests of each connection in the first round; later rounds are sized by it. */
    private static final int FIRST_REQUESTS = 20;

    /** What is held against each other comes close together. */
    private static final Comparator<Turn> IN_TURNS = Comparator.comparing(
                    (Turn turn) -> turn.scenario.shape().batch() > 1)
            .thenComparing(turn -> turn.scenario.aof(), Comparator.nullsFirst(Comparator.naturalOrder()))
            .thenComparing(turn -> turn.scenario.creators(), Comparator.reverseOrder())
            .thenComparing(turn -> turn.scenario.shape().name());

    private static final String SPEED =
            "contestant, case, aof, creators, events/s=eventsPerSecond, min=eventsPerSecondMin, max=eventsPerSecondMax,"
                    + " x raw=ratios/raw-redis, x noop=ratios/noop-http, x row=ratios/row-update, x naive=ratios/naive-redis,"
                    + " p50 ms=p50Ms, p99 ms=p99Ms, p99.9 ms=p999Ms, again=sentAgain, lost";
    private static final String COSTS =
            "contestant, case, aof, creators, settle ms=settleMs, settled/s=settledEventsPerSecond, x kafka=ratios/kafka,"
                    + " statements=statementsPerMillion, rows=rowsPerMillion, redis us=redisMicrosPerEvent,"
                    + " x incr=redisIncrements, x empty=redisAgainstEmptyLogs, bytes/id=bytesPerRemembered,"
                    + " CPU seconds=cpuSecondsPerMillion";

    private final BenchPlan plan;
    private final List<Contestant.Entrant> entrants;
    private final ProgressPrinter progress;
    private final Slabs slabs = new Slabs();
    private final Map<String, Contestant> started = new LinkedHashMap<>();

    /** Also of contestants that take part no more, in the order of the report. */
    private final List<Turn> turns = new CopyOnWriteArrayList<>();

    private final List<String> servers = new CopyOnWriteArrayList<>();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private int taken;
    private int sweep;

    /** A scenario of a contestant with its rounds. */
    private static final class Turn {
        private final Contestant contestant;
        private final Scenario scenario;
        private final List<Result.Measured> rounds = new CopyOnWriteArrayList<>();
        private int size;
        private boolean isOver;

        private Turn(Contestant contestant, Scenario scenario) {
            this.contestant = contestant;
            this.scenario = scenario;
            this.size = size(
                    FIRST_REQUESTS * scenario.shape().batch() * scenario.shape().clients());
        }

        /** Whole requests, and within the bounds of memory. */
        private int size(double events) {
            int batch = scenario.shape().batch();
            return Math.max(FEWEST, Math.ceilDiv((int) Math.min(events, MOST), batch) * batch);
        }
    }

    Bench(BenchPlan plan, List<Contestant.Entrant> entrants, ProgressPrinter progress) {
        this.plan = plan;
        this.entrants = entrants.stream().filter(plan::takes).toList();
        this.progress = progress;
        servers.add("client: java "
                + String.join(" ", ManagementFactory.getRuntimeMXBean().getInputArguments()));
        servers.add("balances: written each %,d ms of a round and at its end, where nothing else does so"
                .formatted(plan.drained().toMillis()));
    }

    void run(Stage stage) throws InterruptedException {
        try {
            for (Contestant.Entrant entrant : entrants) {
                start(entrant, stage);
            }
            List<Turn> inTurns = turns.stream().sorted(IN_TURNS).toList();
            Duration longest = Duration.ZERO;
            while (sweep < plan.rounds()
                    && (sweep == 0 || progress.elapsed().plus(longest).compareTo(plan.budget()) < 0)) {
                Duration before = progress.elapsed();
                sweep++;
                for (Turn turn : inTurns) {
                    take(turn, "round %d/%d".formatted(sweep, plan.rounds()));
                }
                longest = progress.elapsed().minus(before);
            }
            for (String name : started.keySet()) {
                attempt(name + " at the end", () -> tell(name, started.get(name).remarks()));
            }
        } finally {
            started.forEach(this::close);
        }
    }

    /** Starts it and goes through its scenarios until code is compiled and the sizes of rounds are known: each at least once. */
    private void start(Contestant.Entrant entrant, Stage stage) throws InterruptedException {
        List<Scenario> scenarios =
                entrant.scenarios().stream().filter(plan::takes).toList();
        if (scenarios.isEmpty()) {
            return;
        }
        progress.step("starting " + entrant.name() + " …");
        List<Turn> own = new ArrayList<>();
        attempt(entrant.name() + " did not start", () -> {
            Contestant contestant = entrant.opening().start(stage, slabs);
            started.put(entrant.name(), contestant);
            tell(entrant.name(), contestant.servers());
            scenarios.forEach(scenario -> own.add(new Turn(contestant, scenario)));
        });
        turns.addAll(own);
        Duration end = progress.elapsed().plus(plan.warmUp());
        do {
            for (Turn turn : own) {
                take(turn, "warm-up");
            }
        } while (own.stream().anyMatch(turn -> !turn.isOver)
                && progress.elapsed().compareTo(end) < 0);
    }

    private void tell(String contestant, List<String> lines) {
        lines.forEach(line -> servers.add(contestant + ": " + line));
    }

    /** One round; the first of a turn finds the size of the next. All rounds of a sweep have the same events. */
    private void take(Turn turn, String round) throws InterruptedException {
        if (turn.isOver) {
            return;
        }
        progress.state("%s  %s".formatted(round, turn.scenario));
        String what = turn.scenario + " in " + round;
        boolean done = attempt(what, () -> {
            Events events = Events.draw(
                    "r%d-%d".formatted(plan.seed(), ++taken), plan.seed() + sweep, turn.size, turn.scenario.creators());
            Result.Measured measured =
                    measure(turn.contestant, turn.scenario, events, started.values(), plan.drained());
            turn.size = turn.size(measured.eventsPerSecond() * plan.length().toMillis() / 1_000);
            if (sweep > 0) {
                turn.rounds.add(measured);
            }
            if (measured.lost() != 0) {
                String wrong = measured.lost() > 0 ? "lost" : "paid that were not sent";
                failures.add("%s: %,d events %s".formatted(what, Math.abs(measured.lost()), wrong));
            }
        });
        if (!done) {
            turns.stream()
                    .filter(other -> other.contestant.equals(turn.contestant))
                    .forEach(other -> other.isOver = true);
        }
    }

    /**
     * Takes the measure of a round.
     *
     * @param all the contestants that run: the others should cost nothing meanwhile
     * @param drained how often what is counted is written to the balances while events are sent
     */
    static Result.Measured measure(
            Contestant contestant, Scenario scenario, Events events, Collection<Contestant> all, Duration drained)
            throws Exception {
        Contestant.Round round = contestant.prepare(scenario, events);
        Histogram latency = new Histogram(3);
        Costs costs = contestant.costs();
        Map<String, Double> cpu = cpuSeconds(contestant, all);
        long began = System.nanoTime();
        long sentAgain;
        long sent;
        try (ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor()) {
            ScheduledFuture<?> drains = timer.scheduleWithFixedDelay(
                    () -> drain(round), drained.toNanos(), drained.toNanos(), TimeUnit.NANOSECONDS);
            sentAgain = round.send(latency);
            sent = System.nanoTime();
            if (!drains.cancel(false)) {
                drains.get();
            }
        }
        round.settle();
        long settled = System.nanoTime();
        Map<String, Double> spent = cpuSeconds(contestant, all);
        spent.replaceAll((name, seconds) -> seconds - cpu.getOrDefault(name, 0.0));
        return new Result.Measured(
                events.size(),
                sent - began,
                settled - sent,
                latency,
                spent,
                contestant.costs().minus(costs),
                round.counted(),
                sentAgain);
    }

    private static void drain(Contestant.Round round) {
        try {
            round.drain();
        } catch (Exception e) {
            throw new IllegalStateException("the balances could not be written", e);
        }
    }

    private static Map<String, Double> cpuSeconds(Contestant contestant, Collection<Contestant> all) {
        Map<String, Double> seconds = new HashMap<>();
        contestant.processes().forEach((name, pid) -> seconds.put(name, new ProcessUsage(pid).cpuSeconds()));
        seconds.put("client", ProcessUsage.ownCpuSeconds());
        double others = all.stream()
                .filter(other -> !other.equals(contestant))
                .flatMap(other -> other.processes().values().stream())
                .mapToDouble(pid -> new ProcessUsage(pid).cpuSeconds())
                .sum();
        seconds.put("others", others);
        return seconds;
    }

    private interface Step {
        void run() throws Exception;
    }

    /** Whether it went well; otherwise it is a failure of the run. */
    private boolean attempt(String what, Step step) throws InterruptedException {
        try {
            step.run();
            return true;
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception | OutOfMemoryError e) {
            failures.add(what + ": " + e);
            progress.step(what + ": " + LabCommand.explained(e));
            return false;
        }
    }

    /** What does not stop by itself is ended with this process; it is no reason to throw away what was measured. */
    private void close(String name, Contestant contestant) {
        try {
            contestant.close();
        } catch (RuntimeException e) {
            progress.step(name + " did not stop: " + e);
        }
    }

    /** What has been found so far. Any thread may ask. */
    Report report() {
        List<Result> results = turns.stream()
                .filter(turn -> !turn.rounds.isEmpty())
                .map(turn -> new Result(turn.scenario, turn.rounds))
                .toList();
        return report(plan, Machine.ofThisProcess(servers, progress.elapsed()), results, failures);
    }

    static Report report(BenchPlan plan, Machine machine, List<Result> results, List<String> failures) {
        List<Map<String, @Nullable Object>> rows =
                results.stream().map(result -> result.row(results)).toList();
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("results", rows);
        fields.put("seed", plan.seed());
        fields.put("quick", plan.quick());
        fields.put("warmUpSeconds", plan.warmUp().toMillis() / 1_000.0);
        fields.put("roundSeconds", plan.length().toMillis() / 1_000.0);
        return new Report(machine, fields, rows.isEmpty() ? "" : text(plan, rows), failures);
    }

    private static String text(BenchPlan plan, List<?> rows) {
        return """
                Seed %d, warmed up for %.0f s, rounds of %.1f s: the median one, percentiles of all; x of raw-redis at the same AOF setting, of noop-http, of row-update with 64 connections, of naive-redis; requests that were refused or broke and were sent again.
                %s
                Until the balances held everything, and events a second with that; x of kafka's; for a million events SQL statements, rows written, seconds of CPU; microseconds of Redis' CPU an event, x of one INCRBYFLOAT of raw-redis, x of millrace with empty logs; bytes of Redis an identity remembered.
                %s""".formatted(
                        plan.seed(),
                        plan.warmUp().toMillis() / 1_000.0,
                        plan.length().toMillis() / 1_000.0,
                        Report.table(3, rows, SPEED),
                        Report.table(3, rows, COSTS));
    }
}
