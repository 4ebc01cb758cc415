package dev.millrace.lab.bench;

import dev.millrace.lab.progress.Progress;
import dev.millrace.lab.report.StackTrace;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One run: start the contestants, warm each up, let them take turns, and say what came of it. What a contestant is doing
 * when it fails ends its part; the others go on, and the rounds that it has finished stand.
 */
final class Bench {
    /** What is held against each other comes close together. */
    private static final Comparator<Turn> IN_TURNS = Comparator.comparing(
                    (Turn turn) -> turn.scenario().shape().batch() > 1)
            .thenComparing(turn -> turn.scenario().aof(), Comparator.nullsFirst(Comparator.naturalOrder()))
            .thenComparing(turn -> turn.scenario().creators(), Comparator.reverseOrder())
            .thenComparing(turn -> turn.scenario().shape().name());

    private final Plan plan;
    private final List<Entrant> entrants;
    private final Stage stage;
    private final Progress progress;
    private final Consumer<Outcome> soFar;
    private final List<Contestant> started = new ArrayList<>();
    private final List<Turn> turns = new ArrayList<>();
    private final List<String> servers = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();

    /** Contestants that take part no more. */
    private final Set<String> broken = new HashSet<>();

    private final long began = System.nanoTime();
    private int taken;
    private int sweep;

    /** @param soFar takes what has come of all rounds so far after each of them */
    Bench(Plan plan, List<Entrant> entrants, Stage stage, Progress progress, Consumer<Outcome> soFar) {
        this.plan = plan;
        this.entrants = entrants.stream().filter(plan::takes).toList();
        this.stage = stage;
        this.progress = progress;
        this.soFar = soFar;
    }

    Outcome run() throws InterruptedException {
        servers.add("client: java "
                + String.join(" ", ManagementFactory.getRuntimeMXBean().getInputArguments()));
        servers.add("balances: written each %,d ms of a round and at its end, by who does not do so by itself"
                .formatted(plan.drained().toMillis()));
        try {
            for (Entrant entrant : entrants) {
                start(entrant);
            }
            turns.sort(IN_TURNS);
            Duration longest = Duration.ZERO;
            while (sweep < plan.rounds() && isTimeFor(longest)) {
                Duration before = elapsed();
                takeTurns();
                longest = elapsed().minus(before);
            }
            for (Contestant contestant : started) {
                remark(contestant);
            }
            return outcome();
        } finally {
            started.forEach(this::close);
        }
    }

    private void remark(Contestant contestant) throws InterruptedException {
        try {
            contestant.remarks().forEach(line -> servers.add(contestant.name() + ": " + line));
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            fail(contestant.name() + " at the end", e);
        }
    }

    /** What does not stop by itself is ended with this process; it is no reason to throw away what was measured. */
    private void close(Contestant contestant) {
        try {
            contestant.close();
        } catch (RuntimeException e) {
            progress.step(contestant.name() + " did not stop: " + StackTrace.of(e));
        }
    }

    private void start(Entrant entrant) throws InterruptedException {
        progress.step("starting " + entrant.name() + " …");
        try {
            enter(entrant.opening().start(stage));
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            fail(entrant.name() + " did not start", e);
        }
        warmUp(turnsOf(entrant.name()));
    }

    /** Takes scenarios until code is compiled and the sizes of rounds are known: each at least once. */
    private void warmUp(List<Turn> turns) throws InterruptedException {
        Duration end = elapsed().plus(plan.warmUp());
        do {
            for (Turn turn : turns) {
                take(turn, "warm-up");
            }
        } while (turns.stream().anyMatch(this::takesPart) && elapsed().compareTo(end) < 0);
    }

    private boolean takesPart(Turn turn) {
        return !broken.contains(turn.scenario().contestant());
    }

    private void enter(Contestant contestant) {
        List<Turn> wanted = contestant.scenarios().stream()
                .filter(plan::takes)
                .map(scenario -> new Turn(contestant, scenario, plan))
                .toList();
        if (wanted.isEmpty()) {
            close(contestant);
        } else {
            started.add(contestant);
            contestant.servers().forEach(line -> servers.add(contestant.name() + ": " + line));
            turns.addAll(wanted);
        }
    }

    private boolean isTimeFor(Duration longest) {
        return sweep == 0 || elapsed().plus(longest).compareTo(plan.budget()) < 0;
    }

    /** One round of each scenario, all with the same events. */
    private void takeTurns() throws InterruptedException {
        sweep++;
        for (Turn turn : List.copyOf(turns)) {
            take(turn, "round %d/%d".formatted(sweep, plan.rounds()));
        }
    }

    private void take(Turn turn, String round) throws InterruptedException {
        if (!takesPart(turn)) {
            return;
        }
        progress.state(
                elapsed(),
                "%d:%02d  %s  %s".formatted(elapsed().toMinutes(), elapsed().toSecondsPart(), round, turn));
        try {
            Stopwatch stopwatch = new Stopwatch(started, plan.drained());
            String prefix = "r%d-%d".formatted(plan.seed(), ++taken);
            long seed = plan.seed() + sweep;
            long lost = sweep == 0 ? turn.warmUp(stopwatch, prefix, seed) : turn.measure(stopwatch, prefix, seed);
            if (lost != 0) {
                failures.add("%s in %s: %,d events %s"
                        .formatted(turn, round, Math.abs(lost), lost > 0 ? "lost" : "paid that were not sent"));
            }
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception | OutOfMemoryError e) {
            fail(turn + " in " + round, e);
            broken.add(turn.scenario().contestant());
        }
        soFar.accept(outcome());
    }

    private void fail(String what, Throwable failure) {
        failures.add(what + ": " + failure);
        progress.step(what + ": " + StackTrace.of(failure));
    }

    private List<Turn> turnsOf(String contestant) {
        return turns.stream()
                .filter(turn -> turn.scenario().contestant().equals(contestant))
                .toList();
    }

    private Outcome outcome() {
        return new Outcome(results(), servers, failures, elapsed());
    }

    private List<Result> results() {
        return started.stream()
                .flatMap(contestant -> turnsOf(contestant.name()).stream())
                .filter(Turn::isMeasured)
                .map(Turn::result)
                .toList();
    }

    private Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - began);
    }
}
