package dev.millrace.lab.bench;

import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A run for people: where it took place, how fast everything was, and what it cost. */
final class Table {
    private static final String SPEED = "%-13s %-16s %-8s %8s %10s %21s %6s %6s %7s %9s %9s %9s %6s%n";
    private static final String COST = "%-13s %-16s %-8s %8s %9s %10s %9s %8s  %s%n";

    private final Outcome outcome;
    private final Yardsticks yardsticks;
    private final StringBuilder text = new StringBuilder();

    private Table(Outcome outcome) {
        this.outcome = outcome;
        this.yardsticks = new Yardsticks(outcome.results());
    }

    static String of(Outcome outcome, Machine machine) {
        Table table = new Table(outcome);
        table.line("%s%n", machine);
        outcome.servers().forEach(server -> table.line("%s%n", server));
        table.speed();
        table.costs();
        table.failures();
        return table.text.toString();
    }

    private void speed() {
        line(
                "%nMedian rounds; x of raw-redis at the same AOF setting, of noop-http, of row-update with 64 connections.%n");
        line(
                SPEED,
                "contestant",
                "case",
                "aof",
                "creators",
                "events/s",
                "min-max",
                "x raw",
                "x noop",
                "x row",
                "p50 ms",
                "p99 ms",
                "p99.9 ms",
                "lost");
        for (Result result : outcome.results()) {
            Scenario scenario = result.scenario();
            Map<String, Double> ratios = yardsticks.ratios(result);
            line(
                    SPEED,
                    scenario.contestant(),
                    scenario.shape().name(),
                    aof(scenario),
                    scenario.creators(),
                    whole(result.eventsPerSecond().median()),
                    whole(result.eventsPerSecond().least()) + "-"
                            + whole(result.eventsPerSecond().most()),
                    ratio(ratios.get(RawRedis.NAME)),
                    ratio(ratios.get(NoopHttp.NAME)),
                    ratio(ratios.get(RowUpdate.NAME)),
                    decimal(result.p50Ms().median()),
                    decimal(result.p99Ms().median()),
                    decimal(result.p999Ms().median()),
                    result.lost());
        }
    }

    private void costs() {
        line(
                "%nFor a million events: SQL statements, rows written, seconds of CPU; bytes of Redis an identity remembered.%n");
        line(
                COST,
                "contestant",
                "case",
                "aof",
                "creators",
                "settle ms",
                "statements",
                "rows",
                "bytes/id",
                "CPU seconds");
        for (Result result : outcome.results()) {
            Scenario scenario = result.scenario();
            line(
                    COST,
                    scenario.contestant(),
                    scenario.shape().name(),
                    aof(scenario),
                    scenario.creators(),
                    whole(result.settleMs().median()),
                    whole(result.statementsPerMillion()),
                    whole(result.rowsPerMillion()),
                    result.bytesPerRemembered() == 0 ? "-" : decimal(result.bytesPerRemembered()),
                    cpu(result));
        }
    }

    private void failures() {
        line(
                "%n%d results in %d s. %s%n",
                outcome.results().size(),
                outcome.took().toSeconds(),
                outcome.failures().isEmpty() ? "Nothing was lost, nothing was paid twice." : "FAILED:");
        outcome.failures().forEach(failure -> line("  %s%n", failure));
    }

    private static String cpu(Result result) {
        return result.cpuSecondsPerMillion().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> entry.getKey() + " " + decimal(entry.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static Object aof(Scenario scenario) {
        return scenario.aof() == null ? "-" : scenario.aof();
    }

    private static String ratio(@Nullable Double ratio) {
        return ratio == null ? "-" : ratio < 10 ? "%.2f".formatted(ratio) : whole(ratio);
    }

    private static String whole(double number) {
        return "%,.0f".formatted(number);
    }

    private static String decimal(double number) {
        return "%.2f".formatted(number);
    }

    private void line(String format, @Nullable Object... values) {
        text.append(String.format(Locale.ROOT, format, values));
    }
}
