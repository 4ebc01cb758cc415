package dev.millrace.lab.scale;

import dev.millrace.lab.report.Grid;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the database did in one interval.
 *
 * @param rate events a second
 * @param events that were settled at its end
 * @param workerStatements all of the worker's, with those that begin, set and end
 * @param ledgerStatements all of the ledger's, which nobody asked for anything
 * @param journals that were booked
 * @param rows inserted and updated, by table
 * @param articles that were active
 * @param statements those that ran most often
 */
record Work(
        int creators,
        Duration interval,
        int rate,
        long events,
        long workerStatements,
        long ledgerStatements,
        long journals,
        Map<String, Long> rows,
        long articles,
        List<DatabaseMeter.Spent> statements,
        List<String> failures)
        implements Finding {
    private static final Set<String> LEDGER = Set.of("posting", "balance");
    private static final Set<String> ENGAGEMENT = Set.of("engagement", "article_score");

    Work {
        rows = new TreeMap<>(rows);
        statements = List.copyOf(statements);
        failures = List.copyOf(failures);
    }

    @Override
    public Part part() {
        return Part.DATABASE;
    }

    long ledgerRows() {
        return sum(LEDGER);
    }

    long engagementRows() {
        return sum(ENGAGEMENT);
    }

    private long sum(Set<String> tables) {
        return rows.entrySet().stream()
                .filter(table -> tables.contains(table.getKey()))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    private double percent(long part) {
        return 100.0 * part / events;
    }

    @Override
    public void addTo(ObjectNode node) {
        node.put("creators", creators).put("seconds", interval.toSeconds()).put("rate", rate);
        node.put("events", events).put("journals", journals);
        node.put("workerStatements", workerStatements).put("ledgerStatements", ledgerStatements);
        node.put("statementsPercent", Figure.of(percent(workerStatements + ledgerStatements)));
        node.put("ledgerRows", ledgerRows()).put("ledgerRowsPercent", Figure.of(percent(ledgerRows())));
        node.put("engagementRows", engagementRows()).put("activeArticles", articles);
        ObjectNode tables = node.putObject("rows");
        rows.forEach(tables::put);
        var often = node.putArray("statements");
        statements.forEach(spent -> often.addObject().put("text", spent.text()).put("calls", spent.calls()));
    }

    @Override
    public String text() {
        Grid grid = new Grid(Set.of(0));
        grid.add("of %,d events".formatted(events), "number", "%");
        row(grid, "statements of the worker", workerStatements);
        row(grid, "statements of the ledger", ledgerStatements);
        row(grid, "rows: postings and balances", ledgerRows());
        row(grid, "rows: engagement and scores", engagementRows());
        row(grid, "active articles", articles);
        StringBuilder text = new StringBuilder(
                "\nWork of the database: %,d creators, %,d events/s, one interval of %d s, %d journals; rows by table %s.\n"
                        .formatted(creators, rate, interval.toSeconds(), journals, rows));
        text.append(grid);
        statements.forEach(spent -> text.append("  %,6d x %s\n".formatted(spent.calls(), spent.text())));
        return text.toString();
    }

    private void row(Grid grid, String name, long number) {
        grid.add(name, "%,d".formatted(number), "%.4f".formatted(percent(number)));
    }
}
