package dev.millrace.lab.bench;

import dev.millrace.lab.load.Events;
import java.util.ArrayList;
import java.util.List;

/** A scenario of a contestant with its rounds: first those that warm it up and are not measured. */
final class Turn {
    private static final int FEWEST = 64;
    private static final int MOST = 2_000_000;

    private final Contestant contestant;
    private final Scenario scenario;
    private final Plan plan;
    private final List<Measured> rounds = new ArrayList<>();
    private int size;

    Turn(Contestant contestant, Scenario scenario, Plan plan) {
        this.contestant = contestant;
        this.scenario = scenario;
        this.plan = plan;
        this.size = sizeFor(contestant.roundSize(scenario));
    }

    Scenario scenario() {
        return scenario;
    }

    boolean isMeasured() {
        return !rounds.isEmpty();
    }

    Result result() {
        return Result.of(scenario, rounds);
    }

    /**
     * Goes through a round that is not measured; the first one finds the size of the next.
     *
     * @param prefix of its events' ids, which no other round has
     * @param seed what they are drawn from
     * @return events that it lost, below zero those that it paid without being sent
     */
    long warmUp(Stopwatch stopwatch, String prefix, long seed) throws Exception {
        return take(stopwatch, prefix, seed).lost();
    }

    /** Goes through a measured round; parameters and answer are those of {@link #warmUp}. */
    long measure(Stopwatch stopwatch, String prefix, long seed) throws Exception {
        Measured round = take(stopwatch, prefix, seed);
        rounds.add(round);
        return round.lost();
    }

    private Measured take(Stopwatch stopwatch, String prefix, long seed) throws Exception {
        Events events = Events.draw(prefix, seed, size, scenario.creators());
        Measured round = stopwatch.measure(contestant, scenario, events);
        size = sizeFor(round.eventsPerSecond());
        return round;
    }

    /** So many that a round takes as long as planned: whole requests, and within the bounds of memory. */
    private int sizeFor(double eventsPerSecond) {
        double wanted = Math.min(eventsPerSecond * plan.length().toMillis() / 1_000, MOST);
        int batch = scenario.shape().batch();
        return Math.max(FEWEST, Math.ceilDiv((int) wanted, batch) * batch);
    }

    @Override
    public String toString() {
        return "%s %s%s, %,d %s"
                .formatted(
                        scenario.contestant(),
                        scenario.shape().name(),
                        scenario.aof() == null ? "" : ", aof " + scenario.aof(),
                        scenario.creators(),
                        scenario.creators() == 1 ? "creator" : "creators");
    }
}
