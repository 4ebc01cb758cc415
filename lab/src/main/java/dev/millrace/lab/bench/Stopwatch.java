package dev.millrace.lab.bench;

import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.Costs;
import dev.millrace.lab.stack.CpuTime;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * Takes the measure of rounds.
 *
 * @param all the contestants that run; one is under way, the others should cost nothing meanwhile
 * @param drained how often what is counted is written to the balances while events are sent
 */
record Stopwatch(List<Contestant> all, Duration drained) {
    /** How CPU time of the ones that are not under way is called. */
    static final String OTHERS = "others";

    private static final String CLIENT = "client";
    private static final int DIGITS = 3;

    Stopwatch {
        all = List.copyOf(all);
    }

    Measured measure(Contestant contestant, Scenario scenario, Events events) throws Exception {
        Contestant.Round round = contestant.prepare(scenario, events);
        Histogram latency = new Histogram(DIGITS);
        Costs costs = contestant.costs();
        Map<String, Double> cpu = cpuSeconds(contestant);
        long redis = contestant.redisMicros();
        long began = System.nanoTime();
        Job drain = round::drain;
        long sent = drain.runDuring(() -> round.send(latency), drained);
        round.settle();
        long settled = System.nanoTime();
        long redisMicros = contestant.redisMicros() - redis;
        return new Measured(
                events.size(),
                sent - began,
                settled - sent,
                latency,
                difference(cpu, cpuSeconds(contestant)),
                redisMicros,
                contestant.costs().minus(costs),
                events.micros(),
                round.counted(),
                round.repeated());
    }

    private Map<String, Double> cpuSeconds(Contestant contestant) {
        Map<String, Double> seconds = new HashMap<>();
        contestant.processes().forEach((name, pid) -> seconds.put(name, CpuTime.ofTree(pid)));
        seconds.put(CLIENT, CpuTime.ofThisProcess());
        seconds.put(
                OTHERS,
                all.stream()
                        .filter(other -> !other.name().equals(contestant.name()))
                        .map(Contestant::processes)
                        .map(Map::values)
                        .flatMap(Collection::stream)
                        .mapToDouble(CpuTime::ofTree)
                        .sum());
        return seconds;
    }

    private static Map<String, Double> difference(Map<String, Double> before, Map<String, Double> after) {
        Map<String, Double> difference = new HashMap<>();
        after.forEach((name, seconds) -> difference.put(name, seconds - before.getOrDefault(name, 0.0)));
        return difference;
    }
}
