package dev.millrace.lab.bench;

import dev.millrace.lab.report.Grid;
import dev.millrace.lab.report.Machine;
import dev.millrace.lab.report.Spread;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A run for people: where it took place, how fast everything was, and what it cost. */
final class Table {
    private static final Set<Integer> NAMES = Set.of(0, 1, 2);
    private static final Set<Integer> NAMES_AND_LAST = Set.of(0, 1, 2, 13);
    private static final double SMALL = 10;
    private static final double SECOND = 1_000;

    private final Outcome outcome;
    private final Yardsticks yardsticks;

    private Table(Outcome outcome) {
        this.outcome = outcome;
        this.yardsticks = new Yardsticks(outcome.results());
    }

    static String of(Plan plan, Outcome outcome, Machine machine) {
        Table table = new Table(outcome);
        return Stream.concat(Stream.of(machine.toString()), outcome.servers().stream())
                        .map(line -> line + "\n")
                        .collect(Collectors.joining())
                + "\nSeed %d, warmed up for %.0f s, rounds of %.1f s: the median one, percentiles of all; x of raw-redis at the same AOF setting, of noop-http, of row-update with 64 connections, of naive-redis; requests that were refused or broke and were sent again.\n"
                        .formatted(
                                plan.seed(),
                                plan.warmUp().toMillis() / SECOND,
                                plan.length().toMillis() / SECOND)
                + table.speed()
                + "\nUntil the balances held everything, and events a second with that; x of kafka's; for a million events SQL statements, rows written, seconds of CPU; microseconds of Redis' CPU an event, x of one INCRBYFLOAT of raw-redis, x of millrace with empty logs; bytes of Redis an identity remembered.\n"
                + table.costs()
                + table.conclusion();
    }

    private Grid speed() {
        Grid grid = new Grid(NAMES);
        grid.add(
                "contestant",
                "case",
                "aof",
                "creators",
                "events/s",
                "min-max",
                "x raw",
                "x noop",
                "x row",
                "x naive",
                "p50 ms",
                "p99 ms",
                "p99.9 ms",
                "again",
                "lost");
        for (Result result : outcome.results()) {
            Scenario scenario = result.scenario();
            Spread speed = result.eventsPerSecond();
            Map<String, Double> ratios = yardsticks.ratios(result);
            grid.add(
                    scenario.contestant(),
                    scenario.shape().name(),
                    aof(scenario),
                    whole(scenario.creators()),
                    whole(speed.median()),
                    whole(speed.least()) + "-" + whole(speed.most()),
                    ratio(ratios.get(RawRedis.NAME)),
                    ratio(ratios.get(NoopHttp.NAME)),
                    ratio(ratios.get(RowUpdate.NAME)),
                    ratio(ratios.get(CountersInRedis.NAIVE)),
                    decimal(result.p50Ms()),
                    decimal(result.p99Ms()),
                    decimal(result.p999Ms()),
                    "%,d".formatted(result.repeated()),
                    Long.toString(result.lost()));
        }
        return grid;
    }

    private Grid costs() {
        Grid grid = new Grid(NAMES_AND_LAST);
        grid.add(
                "contestant",
                "case",
                "aof",
                "creators",
                "settle ms",
                "settled/s",
                "x kafka",
                "statements",
                "rows",
                "redis us",
                "x incr",
                "x empty",
                "bytes/id",
                "CPU seconds");
        for (Result result : outcome.results()) {
            Scenario scenario = result.scenario();
            grid.add(
                    scenario.contestant(),
                    scenario.shape().name(),
                    aof(scenario),
                    whole(scenario.creators()),
                    whole(result.settleMs()),
                    whole(result.settledPerSecond()),
                    ratio(yardsticks.ratios(result).get(KafkaStreamsTotals.NAME)),
                    whole(result.statementsPerMillion()),
                    whole(result.rowsPerMillion()),
                    result.redisMicros() == 0 ? "-" : decimal(result.redisMicros()),
                    ratio(yardsticks.increments(result).orElse(null)),
                    ratio(yardsticks.againstEmptyLogs(result).orElse(null)),
                    result.bytesPerRemembered() == 0 ? "-" : decimal(result.bytesPerRemembered()),
                    cpu(result));
        }
        return grid;
    }

    private String conclusion() {
        String summary = "\n%d results in %d s. "
                .formatted(outcome.results().size(), outcome.took().toSeconds());
        return outcome.isGood()
                ? summary + "Nothing was lost, nothing was paid twice.\n"
                : summary + "FAILED:\n  " + String.join("\n  ", outcome.failures()) + "\n";
    }

    private static String cpu(Result result) {
        return result.cpuSecondsPerMillion().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> entry.getKey() + " " + decimal(entry.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static String aof(Scenario scenario) {
        return scenario.aof() == null ? "-" : scenario.aof().toString();
    }

    private static String ratio(@Nullable Double ratio) {
        if (ratio == null) {
            return "-";
        }
        return ratio < SMALL ? decimal(ratio) : whole(ratio);
    }

    private static String whole(double number) {
        return "%,.0f".formatted(number);
    }

    private static String decimal(double number) {
        return "%.2f".formatted(number);
    }
}
