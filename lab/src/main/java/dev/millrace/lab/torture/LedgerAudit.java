package dev.millrace.lab.torture;

import com.google.common.collect.Sets;
import dev.millrace.lab.stack.Instance;
import dev.millrace.lab.stack.LabStack;
import dev.millrace.lab.stack.Metrics;
import dev.millrace.lab.torture.Oracle.Cell;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/** Holds the ledger at the end against the oracle, and against itself. */
final class LedgerAudit {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Duration PAUSE = Duration.ofMillis(300);

    /** Metrics of a worker that are 0 when everything is settled and nothing was ever wrong. */
    private static final List<String> ZERO = List.of(
            "millrace_pending_micros",
            "millrace_money_drift_micros",
            "millrace_partitions_halted",
            "millrace_epochs_waiting",
            "millrace_reopenings_total",
            "millrace_lost_micros_total");

    private static final String POSTINGS = """
            SELECT substr(a.name, 9) AS creator, p.publisher, sum(p.micros)::bigint AS micros
            FROM posting p JOIN journal j USING (created_at, journal_id) JOIN account a USING (account_id)
            WHERE a.name LIKE 'creator:%%' AND j.kind %s GROUP BY 1, 2
            """;

    private static final String ACTS = "SELECT action, count(*) AS acts FROM audit WHERE subject = ? GROUP BY action";

    /** Acts that are done once however often they were asked for. */
    private static final List<String> ONCE = List.of("correction.book", "payout.request", "payout.pay", "payout.fail");

    private static final String SCORES = """
            SELECT creator, publisher, sum(micros)::bigint AS micros FROM article_score GROUP BY 1, 2
            """;

    private static final String FILTERED = """
            SELECT creator, publisher, sum(micros)::bigint AS micros FROM filtered WHERE reason = 'robot' GROUP BY 1, 2
            """;

    private static final String UNITS = "SELECT coalesce(sum(units), 0)::bigint FROM engagement";
    private static final String VISITS = "SELECT coalesce(sum(sessions), 0)::bigint FROM visits";

    /** One visit in so many may be missing: nobody waits for a visitor's mark, so it is lost where its node or Redis dies before it is counted. */
    private static final int LOST = 1_000;

    /** Most marks of a visitor. */
    private static final int MARKS = 3;

    private static final String CURSORS = """
            SELECT partition, settled_epoch AS epoch, settled_micros AS micros, settled_events AS events, c.lineage,
                   coalesce(max(o.lineage), 0) AS opened, count(o.lineage) AS openings, coalesce(halted, '') AS halted
            FROM partition_cursor c LEFT JOIN partition_opening o USING (partition)
            GROUP BY partition ORDER BY partition
            """;

    private static final String LONGEST_GAP = """
            SELECT coalesce(max(extract(epoch FROM settled_at - sealed_before) * 1000), 0)::bigint
            FROM (SELECT settled_at, lag(sealed_at) OVER (PARTITION BY partition ORDER BY epoch) AS sealed_before FROM settled_epoch) e
            """;

    private final JdbcClient ledger;
    private final Deviations deviations;

    LedgerAudit(JdbcClient ledger, Deviations deviations) {
        this.ledger = ledger;
        this.deviations = deviations;
    }

    /**
     * A partition as the ledger knows it.
     *
     * @param epoch the last one that is settled
     * @param lineage of the counters that may count
     * @param opened the lineage of its last opening
     * @param openings how many there were
     * @param halted why it is, empty where it is not
     */
    record Cursor(
            int partition,
            long epoch,
            long micros,
            long events,
            long lineage,
            long opened,
            long openings,
            String halted) {
        static long sum(List<Cursor> cursors, ToLongFunction<Cursor> what) {
            return cursors.stream().mapToLong(what).sum();
        }
    }

    /** Settles again and again until every worker sees that nothing is pending, nothing missing and nothing wrong. */
    void awaitSettled(LabStack stack, List<Instance> workers) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        Map<String, String> unsettled;
        String last;
        do {
            try {
                last = stack.settle(workers.getFirst(), TIMEOUT).body().toString();
            } catch (IOException e) {
                last = e.toString();
            }
            unsettled = new HashMap<>();
            for (Instance worker : workers) {
                unsettled.putAll(unsettled(stack, worker));
            }
            Thread.sleep(PAUSE);
        } while (!unsettled.isEmpty() && System.nanoTime() < deadline);
        String settlement = "; last settlement: " + last;
        unsettled.forEach((what, found) -> deviations.add(what + settlement, "0", found));
    }

    private static Map<String, String> unsettled(LabStack stack, Instance worker) throws InterruptedException {
        try {
            Metrics metrics = stack.metrics(worker);
            return ZERO.stream()
                    .filter(name -> metrics.whole(name) != 0)
                    .collect(Collectors.toMap(
                            name -> name + " of " + worker, name -> Long.toString(metrics.whole(name))));
        } catch (IOException | IllegalStateException e) {
            return Map.of("metrics of " + worker, String.valueOf(e.getMessage()));
        }
    }

    /**
     * Compares the creators' postings with the sent events, and with scores, balances and cursors. Nothing may move meanwhile.
     *
     * @param operators whose acts moved some of it
     * @param balances of some creators, as the API shows them
     * @return the partitions
     */
    List<Cursor> compare(Oracle oracle, Operators operators, Map<String, Long> balances) {
        Map<Cell, Long> postings = cells(POSTINGS.formatted("IN ('settlement', 'adoption')"));
        oracle.compare(postings, deviations);
        oracle.compareFiltered(cells(FILTERED), deviations);
        Map<Cell, Long> moved = moved(operators);
        Map<Cell, Long> scores = cells(SCORES);
        for (Cell cell : Sets.union(postings.keySet(), scores.keySet())) {
            deviations.expect(
                    "articles' scores of " + cell,
                    postings.getOrDefault(cell, 0L) - operators.corrected.get(cell),
                    scores.getOrDefault(cell, 0L));
        }
        Map<String, Long> earned = new HashMap<>();
        postings.forEach((cell, micros) -> earned.merge(cell.creator(), micros, Long::sum));
        moved.forEach((cell, micros) -> earned.merge(cell.creator(), micros, Long::sum));
        balances.forEach((creator, shown) ->
                deviations.expect("balance shown of " + creator, earned.getOrDefault(creator, 0L), shown));
        List<Cursor> cursors = ledger.sql(CURSORS).query(Cursor.class).list();
        long posted = postings.values().stream().mapToLong(Long::longValue).sum();
        deviations.expect("micros of all cursors", posted, Cursor.sum(cursors, Cursor::micros));
        compareEngagement(oracle, Cursor.sum(cursors, Cursor::events));
        cursors.forEach(this::check);
        return cursors;
    }

    /**
     * Units exactly. A visitor leaves a mark in each slot of five minutes in which it is seen, so of visits and of what the cursors count the bounds are
     * known: a visit of the load lies in a slot or two, with what is repeated in three, and begins anew only where a node has not read of it yet.
     */
    private void compareEngagement(Oracle oracle, long counted) {
        Oracle.Tally acknowledged = oracle.acknowledged;
        Oracle.Tally unanswered = oracle.unanswered;
        within("units of engagement", acknowledged.units(), acknowledged.units() + unanswered.units(), sum(UNITS));
        long visits = sum(VISITS);
        long visitors = acknowledged.visitors() + unanswered.visitors();
        within("visits", acknowledged.visitors() - acknowledged.visitors() / LOST, 2 * visitors, visits);
        within(
                "events of all cursors",
                acknowledged.identities() + visits,
                acknowledged.identities() + unanswered.identities() + MARKS * visitors,
                counted);
    }

    private void within(String what, long least, long most, long found) {
        if (found < least || found > most) {
            deviations.add(what, "%d to %d".formatted(least, most), found);
        }
    }

    private long sum(String sql) {
        return ledger.sql(sql).query(Long.class).single();
    }

    /** Visits that the archive has. */
    long visits() {
        return sum(VISITS);
    }

    /** Money taken from creators, compared with the answers that the operators got. */
    private Map<Cell, Long> moved(Operators operators) {
        Map<Cell, Long> moved = cells(POSTINGS.formatted("= 'correction'"));
        Map<Cell, Long> paid = cells(POSTINGS.formatted("= 'payout'"));
        for (Cell cell : Sets.union(operators.corrected.asMap().keySet(), moved.keySet())) {
            deviations.expect("corrections of " + cell, -operators.corrected.get(cell), moved.getOrDefault(cell, 0L));
        }
        paid.forEach((cell, micros) ->
                deviations.expect("payouts of " + cell.creator(), -operators.paid.get(cell.creator()), micros));
        deviations.expect(
                "payouts in all",
                -operators.paid.sum(),
                paid.values().stream().mapToLong(Long::longValue).sum());
        Map<String, Long> acts = new HashMap<>();
        ledger.sql(ACTS).param(Operators.SUBJECT).query(row -> {
            acts.put(row.getString("action"), row.getLong("acts"));
        });
        ONCE.forEach(act -> deviations.expect("acts " + act, operators.done.get(act), acts.getOrDefault(act, 0L)));
        moved.putAll(paid);
        return moved;
    }

    /** A partition was opened once and never halted. */
    private void check(Cursor cursor) {
        deviations.expect("openings of partition " + cursor.partition(), 1, cursor.openings());
        if (!cursor.halted().isEmpty()) {
            deviations.add("partition " + cursor.partition(), "that it is not halted", cursor.halted());
        }
    }

    private Map<Cell, Long> cells(String sql) {
        Map<Cell, Long> cells = new HashMap<>();
        RowCallbackHandler put = row -> {
            cells.put(new Cell(row.getString("creator"), row.getString("publisher")), row.getLong("micros"));
        };
        ledger.sql(sql).query(put);
        return cells;
    }

    /** The longest time that a partition's money waited: from the seal of its last settled epoch to the settlement of the next. */
    Duration longestGap() {
        return Duration.ofMillis(ledger.sql(LONGEST_GAP).query(Long.class).single());
    }

    /** Takes over every difference that {@code reconcile} has found; returns how many journals it has hashed anew. */
    long addDifferences(JsonNode report) {
        for (JsonNode difference : report.path("differences")) {
            deviations.add("reconcile", "no difference", difference);
        }
        deviations.expect(
                "micros pending, says reconcile",
                0,
                report.path("money").path("pending").asLong(-1));
        return report.path("journals").asLong();
    }
}
