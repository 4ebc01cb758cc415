package dev.millrace.lab.bench;

import dev.millrace.lab.command.LabCommand;
import dev.millrace.lab.command.Machine;
import dev.millrace.lab.command.ProgressPrinter;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.stack.Costs;
import dev.millrace.lab.stack.CpuTime;
import dev.millrace.lab.stack.Stage;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;

/**
 * One run: start the contestants, warm each up, let them take turns, and say what came of it. What a contestant is doing
 * when it fails ends its part; the others go on, and the rounds that it has finished stand.
 */
final class Bench {
    private static final int FEWEST = 64;
    private static final int MOST = 2_000_000;

    /** What is held against each other comes close together. */
    private static final Comparator<Turn> IN_TURNS = Comparator.comparing(
                    (Turn turn) -> turn.scenario.shape().batch() > 1)
            .thenComparing(turn -> turn.scenario.aof(), Comparator.nullsFirst(Comparator.naturalOrder()))
            .thenComparing(turn -> turn.scenario.creators(), Comparator.reverseOrder())
            .thenComparing(turn -> turn.scenario.shape().name());

    private final BenchPlan plan;
    private final List<Entrant> entrants;
    private final Stage stage;
    private final ProgressPrinter progress;
    private final Consumer<BenchReport> soFar;
    private final Slabs slabs = new Slabs();
    private final List<Contestant> started = new ArrayList<>();
    private final List<Turn> allTurns = new ArrayList<>();

    /** Without those of contestants that take part no more. */
    private final List<Turn> turns = new ArrayList<>();

    private final List<String> servers = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private int taken;
    private int sweep;

    /** A scenario of a contestant with its rounds. */
    private final class Turn {
        private final Contestant contestant;
        private final Scenario scenario;
        private final List<RoundFigures> rounds = new ArrayList<>();
        private int size;

        private Turn(Contestant contestant, Scenario scenario) {
            this.contestant = contestant;
            this.scenario = scenario;
            this.size = sizeFor(contestant.roundSize(scenario));
        }

        /** So many that a round takes as long as planned: whole requests, and within the bounds of memory. */
        private int sizeFor(double eventsPerSecond) {
            double wanted = Math.min(eventsPerSecond * plan.length().toMillis() / 1_000, MOST);
            int batch = scenario.shape().batch();
            return Math.max(FEWEST, Math.ceilDiv((int) wanted, batch) * batch);
        }
    }

    /** @param soFar takes what has come of all rounds so far after each of them */
    Bench(BenchPlan plan, List<Entrant> entrants, Stage stage, ProgressPrinter progress, Consumer<BenchReport> soFar) {
        this.plan = plan;
        this.entrants = entrants.stream().filter(plan::takes).toList();
        this.stage = stage;
        this.progress = progress;
        this.soFar = soFar;
    }

    BenchReport run() throws InterruptedException {
        servers.add("client: java "
                + String.join(" ", ManagementFactory.getRuntimeMXBean().getInputArguments()));
        servers.add("balances: written each %,d ms of a round and at its end, where nothing else does so"
                .formatted(plan.drained().toMillis()));
        try {
            for (Entrant entrant : entrants) {
                start(entrant);
            }
            turns.sort(IN_TURNS);
            allTurns.sort(IN_TURNS);
            Duration longest = Duration.ZERO;
            while (sweep < plan.rounds() && (sweep == 0 || isTimeFor(longest))) {
                Duration before = progress.elapsed();
                sweep++;
                for (Turn turn : List.copyOf(turns)) {
                    take(turn, "round %d/%d".formatted(sweep, plan.rounds()));
                }
                longest = progress.elapsed().minus(before);
            }
            for (Contestant contestant : started) {
                attempt(
                        contestant.name() + " at the end",
                        () -> contestant.remarks().forEach(line -> servers.add(contestant.name() + ": " + line)));
            }
            return report();
        } finally {
            started.forEach(this::close);
        }
    }

    private boolean isTimeFor(Duration sweep) {
        return progress.elapsed().plus(sweep).compareTo(plan.budget()) < 0;
    }

    /** Starts it and goes through its scenarios until code is compiled and the sizes of rounds are known: each at least once. */
    private void start(Entrant entrant) throws InterruptedException {
        progress.step("starting " + entrant.name() + " …");
        List<Turn> own = new ArrayList<>();
        attempt(
                entrant.name() + " did not start",
                () -> own.addAll(enter(entrant.opening().start(stage, slabs))));
        Duration end = progress.elapsed().plus(plan.warmUp());
        do {
            for (Turn turn : own) {
                take(turn, "warm-up");
            }
        } while (turns.stream().anyMatch(own::contains) && progress.elapsed().compareTo(end) < 0);
    }

    private List<Turn> enter(Contestant contestant) {
        List<Turn> wanted = contestant.scenarios().stream()
                .filter(plan::takes)
                .map(scenario -> new Turn(contestant, scenario))
                .toList();
        if (wanted.isEmpty()) {
            close(contestant);
        } else {
            started.add(contestant);
            contestant.servers().forEach(line -> servers.add(contestant.name() + ": " + line));
            turns.addAll(wanted);
            allTurns.addAll(wanted);
        }
        return wanted;
    }

    /** One round; the first of a turn finds the size of the next. All rounds of a sweep have the same events. */
    private void take(Turn turn, String round) throws InterruptedException {
        if (!turns.contains(turn)) {
            return;
        }
        progress.state("%s  %s".formatted(round, turn.scenario));
        String what = turn.scenario + " in " + round;
        boolean done = attempt(what, () -> {
            Events events = Events.draw(
                    "r%d-%d".formatted(plan.seed(), ++taken), plan.seed() + sweep, turn.size, turn.scenario.creators());
            RoundFigures figures = measure(turn.contestant, turn.scenario, events, started, plan.drained());
            turn.size = turn.sizeFor(figures.eventsPerSecond());
            if (sweep > 0) {
                turn.rounds.add(figures);
            }
            if (figures.lost() != 0) {
                failures.add("%s: %,d events %s"
                        .formatted(
                                what,
                                Math.abs(figures.lost()),
                                figures.lost() > 0 ? "lost" : "paid that were not sent"));
            }
        });
        if (!done) {
            turns.removeIf(other -> other.contestant.equals(turn.contestant));
        }
        soFar.accept(report());
    }

    /**
     * Takes the measure of a round.
     *
     * @param all the contestants that run: the others should cost nothing meanwhile
     * @param drained how often what is counted is written to the balances while events are sent
     */
    static RoundFigures measure(
            Contestant contestant, Scenario scenario, Events events, List<Contestant> all, Duration drained)
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
        return new RoundFigures(
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

    private static Map<String, Double> cpuSeconds(Contestant contestant, List<Contestant> all) {
        Map<String, Double> seconds = new HashMap<>();
        contestant.processes().forEach((name, pid) -> seconds.put(name, CpuTime.ofTree(pid)));
        seconds.put("client", CpuTime.ofThisProcess());
        seconds.put(
                "others",
                all.stream()
                        .filter(other -> !other.equals(contestant))
                        .flatMap(other -> other.processes().values().stream())
                        .mapToDouble(CpuTime::ofTree)
                        .sum());
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
    private void close(Contestant contestant) {
        try {
            contestant.close();
        } catch (RuntimeException e) {
            progress.step(contestant.name() + " did not stop: " + e);
        }
    }

    private BenchReport report() {
        List<ScenarioFigures> figures = started.stream()
                .flatMap(contestant -> allTurns.stream().filter(turn -> turn.contestant.equals(contestant)))
                .filter(turn -> !turn.rounds.isEmpty())
                .map(turn -> new ScenarioFigures(turn.scenario, turn.rounds))
                .toList();
        return BenchReport.of(plan, Machine.ofThisProcess(servers, progress.elapsed()), figures, failures);
    }
}
