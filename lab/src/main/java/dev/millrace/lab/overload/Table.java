package dev.millrace.lab.overload;

import dev.millrace.lab.report.Grid;
import dev.millrace.lab.report.Machine;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A run for people. */
final class Table {
    private static final double PERCENT = 100;

    private final Outcome outcome;

    private Table(Outcome outcome) {
        this.outcome = outcome;
    }

    static String of(Outcome outcome, Machine machine) {
        Table table = new Table(outcome);
        return table.head(machine)
                + (outcome.levels().isEmpty() ? "" : table.levels() + table.costs())
                + (outcome.balances() == null ? "" : balances(outcome.balances()))
                + (outcome.flood().isEmpty() ? "" : table.flood())
                + table.promises()
                + table.conclusion();
    }

    private String head(Machine machine) {
        return Stream.concat(Stream.of(machine.toString()), outcome.servers().stream())
                        .map(line -> line + "\n")
                        .collect(Collectors.joining())
                + "\n%s, aof %s, %d s each; peak %,.0f events/s (%,.0f-%,.0f)\n"
                        .formatted(
                                outcome.plan().shape().name(),
                                outcome.plan().aof(),
                                outcome.length().toSeconds(),
                                outcome.peak().median(),
                                outcome.peak().least(),
                                outcome.peak().most());
    }

    private String levels() {
        Grid grid = new Grid(Set.of());
        grid.add(
                "load",
                "offered/s",
                "accepted/s",
                "of peak",
                "shed",
                "late",
                "broken",
                "p50 ms",
                "p99 ms",
                "p99.9 ms",
                "max ms",
                "shed p99 ms",
                "back s",
                "lost");
        for (Level level : outcome.levels()) {
            Score score = level.score();
            Latency latency = score.latency();
            grid.add(
                    level.percent() + " %",
                    whole(level.perSecond()),
                    whole(level.goodput()),
                    whole(PERCENT * level.goodput() / outcome.peak().median()) + " %",
                    score.shedText(),
                    whole(score.late()),
                    whole(score.broken()),
                    whole(latency.p50()),
                    whole(latency.p99()),
                    whole(latency.p999()),
                    whole(latency.most()),
                    score.refused() == 0 ? "-" : whole(score.refusals().p99()),
                    back(level),
                    whole(level.sums().lost()));
        }
        return "\nEvents offered and accepted a second; requests shed, late and broken; times of requests since they were due.\n"
                + grid;
    }

    private static String back(Level level) {
        if (level.recovery() == null) {
            return "-";
        }
        Double seconds = level.recovery().seconds();
        return seconds == null ? "never" : "%.1f".formatted(seconds);
    }

    private String costs() {
        Grid grid = new Grid(Set.of(7));
        grid.add("load", "connections", "begin", "half", "most", "end", "live", "CPU seconds");
        for (Level level : outcome.levels()) {
            Memory memory = level.memory();
            grid.add(
                    level.percent() + " %",
                    whole(level.connections()),
                    whole(memory.begin()),
                    whole(memory.half()),
                    whole(memory.most()),
                    whole(memory.end()),
                    whole(memory.live()),
                    cpu(level));
        }
        return "\nConnections it took; memory of ingest-api in MiB: resident (most of the first half, most of all), and what lives in its heap at the end; CPU of all, the way back included.\n"
                + grid;
    }

    private static String cpu(Level level) {
        return level.cpu().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> "%s %.1f".formatted(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static String balances(BalancesRun run) {
        return run.followed().stream().map(Table::followed).collect(Collectors.joining("", "\n", ""))
                + "As many events as it takes: %,.0f/s (%,.0f-%,.0f), with %,d balances read a second %,.0f/s (%,.0f-%,.0f).\n"
                        .formatted(
                                run.without().median(),
                                run.without().least(),
                                run.without().most(),
                                Balances.PER_SECOND,
                                run.with().median(),
                                run.with().least(),
                                run.with().most());
    }

    private static String followed(BalancesRun.Followed run) {
        Latency latency = run.reads().latency();
        return """
                At %d %% of peak with %,d balances a second: %,.0f events/s accepted (p99 %,.0f ms, %s);
                %,d balances, p50 %.1f ms, p99 %.1f ms, most %.0f ms; %,d refused%s.
                """.formatted(
                        Balances.PERCENT,
                        run.perSecond(),
                        run.goodput(),
                        run.events().latency().p99(),
                        run.events().shedText(),
                        run.reads().answered(),
                        latency.p50(),
                        latency.p99(),
                        latency.most(),
                        run.reads().refused(),
                        run.reads().others().isEmpty() ? "" : ", " + run.reads().others());
    }

    private String flood() {
        Grid grid = new Grid(Set.of(0, 9));
        grid.add(
                "replays",
                "accepted/s",
                "accepted",
                "shed",
                "late",
                "broken",
                "p50 ms",
                "p99 ms",
                "redis s",
                "replays' answers");
        for (FloodRun run : outcome.flood()) {
            Score honest = run.honest();
            grid.add(
                    run.replays() == null ? "no" : "x " + Flood.REPLAYS,
                    whole(run.goodput()),
                    "%.1f %%".formatted(PERCENT * honest.accepted() / honest.arrivals()),
                    honest.shedText(),
                    whole(honest.late()),
                    whole(honest.broken()),
                    "%.1f".formatted(honest.latency().p50()),
                    "%.1f".formatted(honest.latency().p99()),
                    "%.2f".formatted(run.redisSeconds()),
                    replays(run));
        }
        return "\nHonest load at %d %% of peak, alone and with %d replays for each event; the replays' answers are requests.\n"
                        .formatted(Flood.HONEST, Flood.REPLAYS)
                + grid;
    }

    private static String replays(FloodRun run) {
        Score replays = run.replays();
        return replays == null
                ? "-"
                : "202: %,d (%,d duplicates, %,d counted), %s; %,d late, %,d broken"
                        .formatted(
                                replays.accepted(),
                                replays.verdicts().duplicate(),
                                replays.verdicts().accepted(),
                                replays.shedText(),
                                replays.late(),
                                replays.broken());
    }

    private String promises() {
        Grid grid = new Grid(Set.of(0, 1, 2));
        Promises.of(outcome)
                .forEach(promise ->
                        grid.add(promise.holds() ? "holds" : "does not hold", promise.text(), promise.measured()));
        return "\n" + grid;
    }

    private String conclusion() {
        String summary = "\n%d s. ".formatted(outcome.took().toSeconds());
        return outcome.isGood()
                ? summary + "Nothing was lost, nothing was paid twice.\n"
                : summary + "FAILED:\n  " + String.join("\n  ", outcome.failures()) + "\n";
    }

    private static String whole(double number) {
        return "%,.0f".formatted(number);
    }

    private static String whole(long number) {
        return "%,d".formatted(number);
    }
}
