package dev.millrace.lab.scale;

import dev.millrace.lab.report.Grid;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.HdrHistogram.Histogram;
import tools.jackson.databind.node.ObjectNode;

/**
 * What settlements of many creators came to.
 *
 * @param workerHeap most memory for objects of the worker
 * @param articles of each creator that were read, each once
 */
record Settlements(String workerHeap, int articles, List<Round> rounds, List<String> failures) implements Finding {
    private static final double MIB = 1 << 20;

    Settlements {
        rounds = List.copyOf(rounds);
        failures = List.copyOf(failures);
    }

    /** Of requests; of {@link SteadyLoad} from the moment each was due. */
    record Latency(long requests, double p50Ms, double p99Ms, double maxMs) {
        static final Latency NONE = new Latency(0, 0, 0, 0);
        private static final double MILLI = 1e6;

        /** Of nanoseconds. */
        static Latency of(Histogram nanos) {
            return new Latency(
                    nanos.getTotalCount(),
                    nanos.getValueAtPercentile(50) / MILLI,
                    nanos.getValueAtPercentile(99) / MILLI,
                    nanos.getMaxValue() / MILLI);
        }
    }

    /**
     * @param eventsPerSecond that ingest gets
     * @param calm before the settlement
     * @param meanwhile during it
     */
    record Load(double eventsPerSecond, Latency calm, Latency meanwhile) {
        static final Load NONE = new Load(0, Latency.NONE, Latency.NONE);

        double p99Ratio() {
            return meanwhile.p99Ms() / calm.p99Ms();
        }
    }

    /**
     * One settlement.
     *
     * @param creators active in what it settles
     * @param millis from asking for it until it is committed
     * @param databaseCpu seconds of the database's processes meanwhile
     * @param workerCpu seconds of the worker meanwhile
     * @param journals that it took
     * @param rows inserted and updated, by table
     * @param walBytes written to the database's log meanwhile
     * @param workerMib the most memory that the worker's process had
     * @param redis use of Redis meanwhile, by command
     * @param statements those that took the database longest
     * @param copied the same rows by COPY
     * @param load what ingest got meanwhile
     */
    record Round(
            String name,
            int creators,
            double millis,
            double databaseCpu,
            double workerCpu,
            long journals,
            Map<String, Long> rows,
            long walBytes,
            long workerMib,
            Map<String, RedisMeter.Used> redis,
            List<DatabaseMeter.Spent> statements,
            Map<String, BareCopy.Copied> copied,
            Load load) {
        BareCopy.Copied allCopied() {
            return copied.values().stream().reduce(BareCopy.Copied.NOTHING, BareCopy.Copied::plus);
        }

        /** Postings and balances alone. */
        BareCopy.Copied ledgerCopied() {
            return copied.entrySet().stream()
                    .filter(table -> Set.of("posting", "balance").contains(table.getKey()))
                    .map(Map.Entry::getValue)
                    .reduce(BareCopy.Copied.NOTHING, BareCopy.Copied::plus);
        }

        /** The database's CPU as a multiple of that of COPY with the same indexes. */
        double cpuTimesIndexed() {
            return databaseCpu / allCopied().indexed().cpuSeconds();
        }

        long rowsWritten() {
            return rows.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    @Override
    public Part part() {
        return Part.SETTLEMENT;
    }

    @Override
    public void addTo(ObjectNode node) {
        node.put("workerHeap", workerHeap).put("articles", articles);
        var array = node.putArray("rounds");
        rounds.forEach(round -> add(array.addObject(), round));
    }

    private static void add(ObjectNode node, Round round) {
        node.put("name", round.name()).put("creators", round.creators());
        node.put("millis", Figure.of(round.millis())).put("journals", round.journals());
        node.put("databaseCpuSeconds", Figure.of(round.databaseCpu()));
        node.put("workerCpuSeconds", Figure.of(round.workerCpu()));
        node.put("cpuTimesIndexedCopy", Figure.of(round.cpuTimesIndexed()));
        node.put("workerMib", round.workerMib()).put("walBytes", round.walBytes());
        ObjectNode rows = node.putObject("rows");
        round.rows().forEach(rows::put);
        node.put(
                "timesBareCopy",
                Figure.of(round.millis() / round.allCopied().bare().millis()));
        node.put(
                "timesIndexedCopy",
                Figure.of(round.millis() / round.allCopied().indexed().millis()));
        node.put(
                "timesBareCopyOfLedger",
                Figure.of(round.millis() / round.ledgerCopied().bare().millis()));
        ObjectNode copied = node.putObject("copied");
        round.copied()
                .forEach((table, copy) -> copied.putObject(table)
                        .put("rows", copy.rows())
                        .put("bareMillis", Figure.of(copy.bare().millis()))
                        .put("bareCpuSeconds", Figure.of(copy.bare().cpuSeconds()))
                        .put("indexedMillis", Figure.of(copy.indexed().millis()))
                        .put("indexedCpuSeconds", Figure.of(copy.indexed().cpuSeconds())));
        ObjectNode redis = node.putObject("redis");
        round.redis()
                .forEach((command, used) -> redis.putObject(command)
                        .put("calls", used.calls())
                        .put("millis", Figure.of(used.millis()))
                        .put("longestMillis", Figure.of(used.longestMillis())));
        var statements = node.putArray("statements");
        round.statements()
                .forEach(spent -> statements
                        .addObject()
                        .put("text", spent.text())
                        .put("calls", spent.calls())
                        .put("millis", Figure.of(spent.millis())));
        node.put("eventsPerSecond", Figure.of(round.load().eventsPerSecond()));
        add(node.putObject("calm"), round.load().calm());
        add(node.putObject("meanwhile"), round.load().meanwhile());
        node.put("p99Ratio", Figure.of(round.load().p99Ratio()));
    }

    private static void add(ObjectNode node, Latency latency) {
        node.put("requests", latency.requests())
                .put("p50Ms", Figure.of(latency.p50Ms()))
                .put("p99Ms", Figure.of(latency.p99Ms()))
                .put("maxMs", Figure.of(latency.maxMs()));
    }

    @Override
    public String text() {
        StringBuilder text = new StringBuilder(
                "\nOne settlement. x: times as long as COPY of as many rows, without and with the same indexes; ledger: postings and"
                        + "\nbalances alone, without an index; CPU: of the database, and as a multiple of COPY's with the same indexes. p99 of requests of %d events, before and meanwhile. Worker: -Xmx%s. Events of each creator: %d, each of another article.\n"
                                .formatted(SteadyLoad.BATCH, workerHeap, articles));
        text.append(table());
        for (Round round : rounds.subList(1, rounds.size())) {
            text.append("\n%s: rows %s; log %.0f MiB\n".formatted(round.name(), round.rows(), round.walBytes() / MIB));
            round.copied()
                    .forEach((table, copy) -> text.append("  COPY %s: %,d rows, %,.0f ms, with indexes %,.0f ms\n"
                            .formatted(
                                    table,
                                    copy.rows(),
                                    copy.bare().millis(),
                                    copy.indexed().millis())));
            round.redis()
                    .forEach((command, used) -> text.append("  redis %s: %,d calls, %,.0f ms, longest %.2f ms\n"
                            .formatted(command, used.calls(), used.millis(), used.longestMillis())));
            round.statements()
                    .forEach(spent -> text.append(
                            "  %,8.0f ms %,6d x %s\n".formatted(spent.millis(), spent.calls(), spent.text())));
        }
        return text.toString();
    }

    private Grid table() {
        Grid grid = new Grid(Set.of(0));
        grid.add(
                "settlement",
                "creators",
                "s",
                "journals",
                "rows",
                "x bare",
                "x indexed",
                "x ledger",
                "CPU s",
                "x indexed",
                "MiB",
                "load/s",
                "p99 ms",
                "meanwhile",
                "x",
                "max ms");
        for (Round round : rounds) {
            grid.add(
                    round.name(),
                    "%,d".formatted(round.creators()),
                    "%.1f".formatted(round.millis() / 1_000),
                    "%d".formatted(round.journals()),
                    "%,d".formatted(round.rowsWritten()),
                    "%.2f".formatted(round.millis() / round.allCopied().bare().millis()),
                    "%.2f"
                            .formatted(
                                    round.millis() / round.allCopied().indexed().millis()),
                    "%.2f"
                            .formatted(
                                    round.millis() / round.ledgerCopied().bare().millis()),
                    "%.1f".formatted(round.databaseCpu()),
                    "%.2f".formatted(round.cpuTimesIndexed()),
                    "%d".formatted(round.workerMib()),
                    "%,.0f".formatted(round.load().eventsPerSecond()),
                    "%.1f".formatted(round.load().calm().p99Ms()),
                    "%.1f".formatted(round.load().meanwhile().p99Ms()),
                    "%.2f".formatted(round.load().p99Ratio()),
                    "%.0f".formatted(round.load().meanwhile().maxMs()));
        }
        return grid;
    }
}
