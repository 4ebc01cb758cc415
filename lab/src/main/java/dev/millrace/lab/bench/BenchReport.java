package dev.millrace.lab.bench;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.millrace.lab.command.Machine;
import dev.millrace.lab.command.Percentiles;
import dev.millrace.lab.command.RunReport;
import dev.millrace.lab.command.Spread;
import dev.millrace.lab.command.TextTable;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a run found.
 *
 * @param results a row for each scenario; rates are those of the median round
 * @param failures whatever makes the run worth nothing: events lost or paid twice, contestants that broke off
 */
record BenchReport(
        Machine machine,
        List<Map<String, @Nullable Object>> results,
        List<String> failures,
        long seed,
        boolean quick,
        double warmUpSeconds,
        double roundSeconds)
        implements RunReport {
    private static final String[] SPEED = {
        "contestant", "case", "aof", "creators", "eventsPerSecond", "eventsPerSecondMin", "eventsPerSecondMax",
        "ratios.raw-redis", "ratios.noop-http", "ratios.row-update", "ratios.naive-redis", "p50Ms", "p99Ms", "p999Ms",
        "sentAgain", "lost"
    };
    private static final String[] COSTS = {
        "contestant",
        "case",
        "aof",
        "creators",
        "settleMs",
        "settledEventsPerSecond",
        "ratios.kafka",
        "statementsPerMillion",
        "rowsPerMillion",
        "redisMicrosPerEvent",
        "redisIncrements",
        "redisAgainstEmptyLogs",
        "bytesPerRemembered",
        "cpuSecondsPerMillion"
    };
    private static final Map<String, String> HEADS = Map.ofEntries(
            Map.entry("eventsPerSecond", "events/s"),
            Map.entry("eventsPerSecondMin", "min"),
            Map.entry("eventsPerSecondMax", "max"),
            Map.entry("ratios.raw-redis", "x raw"),
            Map.entry("ratios.noop-http", "x noop"),
            Map.entry("ratios.row-update", "x row"),
            Map.entry("ratios.naive-redis", "x naive"),
            Map.entry("ratios.kafka", "x kafka"),
            Map.entry("p50Ms", "p50 ms"),
            Map.entry("p99Ms", "p99 ms"),
            Map.entry("p999Ms", "p99.9 ms"),
            Map.entry("sentAgain", "again"),
            Map.entry("settleMs", "settle ms"),
            Map.entry("settledEventsPerSecond", "settled/s"),
            Map.entry("statementsPerMillion", "statements"),
            Map.entry("rowsPerMillion", "rows"),
            Map.entry("redisMicrosPerEvent", "redis us"),
            Map.entry("redisIncrements", "x incr"),
            Map.entry("redisAgainstEmptyLogs", "x empty"),
            Map.entry("bytesPerRemembered", "bytes/id"),
            Map.entry("cpuSecondsPerMillion", "CPU seconds"));

    static BenchReport of(BenchPlan plan, Machine machine, List<ScenarioFigures> figures, List<String> failures) {
        Yardsticks yardsticks = new Yardsticks(figures);
        return new BenchReport(
                machine,
                figures.stream().map(each -> row(each, yardsticks)).toList(),
                List.copyOf(failures),
                plan.seed(),
                plan.quick(),
                plan.warmUp().toMillis() / 1_000.0,
                plan.length().toMillis() / 1_000.0);
    }

    private static Map<String, @Nullable Object> row(ScenarioFigures figures, Yardsticks yardsticks) {
        Scenario scenario = figures.scenario();
        Spread speed = figures.eventsPerSecond();
        Percentiles times = figures.times();
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("contestant", scenario.contestant());
        row.put("case", scenario.shape().name());
        row.put("aof", scenario.aof() == null ? null : scenario.aof().toString());
        row.put("creators", scenario.creators());
        row.put("rounds", figures.rounds().size());
        row.put("eventsPerSecond", speed.median());
        row.put("eventsPerSecondMin", speed.least());
        row.put("eventsPerSecondMax", speed.most());
        row.put("settledEventsPerSecond", figures.settledPerSecond());
        row.put("requests", times.requests());
        row.put("p50Ms", times.p50Ms());
        row.put("p99Ms", times.p99Ms());
        row.put("p999Ms", times.p999Ms());
        row.put("settleMs", figures.settleMs());
        row.put("lost", figures.lost());
        row.put("sentAgain", figures.sentAgain());
        row.put("ratios", yardsticks.ratios(figures));
        row.put("redisMicrosPerEvent", figures.redisMicros() == 0 ? null : figures.redisMicros());
        row.put("redisIncrements", yardsticks.increments(figures));
        row.put("redisAgainstEmptyLogs", yardsticks.againstEmptyLogs(figures));
        row.put("cpuSecondsPerMillion", figures.cpuSecondsPerMillion());
        row.put("statementsPerMillion", figures.statementsPerMillion());
        row.put("rowsPerMillion", figures.rowsPerMillion());
        row.put("bytesPerRemembered", figures.bytesPerRemembered());
        List.of("redisMicrosPerEvent", "redisIncrements", "redisAgainstEmptyLogs")
                .forEach(key -> row.remove(key, null));
        return row;
    }

    @JsonIgnore
    boolean isGood() {
        return failures.isEmpty() && !results.isEmpty();
    }

    @Override
    public String text() {
        return """
                %s
                Seed %d, warmed up for %.0f s, rounds of %.1f s: the median one, percentiles of all; x of raw-redis at the same AOF setting, of noop-http, of row-update with 64 connections, of naive-redis; requests that were refused or broke and were sent again.
                %s
                Until the balances held everything, and events a second with that; x of kafka's; for a million events SQL statements, rows written, seconds of CPU; microseconds of Redis' CPU an event, x of one INCRBYFLOAT of raw-redis, x of millrace with empty logs; bytes of Redis an identity remembered.
                %s
                %d results in %.0f s. %s""".formatted(
                        machine,
                        seed,
                        warmUpSeconds,
                        roundSeconds,
                        table(SPEED),
                        table(COSTS),
                        results.size(),
                        machine.seconds(),
                        conclusion());
    }

    private TextTable table(String[] columns) {
        String[] heads = Arrays.stream(columns)
                .map(column -> HEADS.getOrDefault(column, column))
                .toArray(String[]::new);
        TextTable table = new TextTable(3, heads);
        for (Map<String, @Nullable Object> row : results) {
            table.add(Arrays.stream(columns).map(column -> cell(row, column)).toArray());
        }
        return table;
    }

    private static @Nullable Object cell(Map<String, @Nullable Object> row, String column) {
        String[] path = column.split("\\.", 2);
        Object value = row.get(path[0]);
        if (value instanceof Map<?, ?> map) {
            return path.length == 2
                    ? map.get(path[1])
                    : map.entrySet().stream()
                            .map(entry -> "%s %.2f".formatted(entry.getKey(), (Double) entry.getValue()))
                            .collect(Collectors.joining(", "));
        }
        return value;
    }
}
