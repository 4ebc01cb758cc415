package dev.millrace.settlement.reconcile;

import java.math.BigInteger;
import java.util.function.Consumer;

/** Holds the cursors against the epochs that were settled: each once, none left out, and the same totals. */
final class CursorCheck {
    private static final String TOTALS = """
            SELECT c.partition, c.settled_epoch, c.settled_micros, c.settled_events,
                   coalesce(e.last, 0) AS last, coalesce(e.micros, 0) AS micros, coalesce(e.events, 0) AS events
            FROM partition_cursor c
            LEFT JOIN (SELECT partition, max(epoch) AS last, sum(micros) AS micros, sum(events) AS events
                       FROM settled_epoch GROUP BY partition) e USING (partition)
            WHERE c.settled_epoch <> coalesce(e.last, 0) OR c.settled_micros <> coalesce(e.micros, 0)
               OR c.settled_events <> coalesce(e.events, 0)
            ORDER BY c.partition
            """;

    private static final String BREAKS = """
            SELECT partition, before, epoch
            FROM (SELECT partition, epoch, lag(epoch, 1, 0::bigint) OVER (PARTITION BY partition ORDER BY epoch) AS before
                  FROM settled_epoch) e
            WHERE epoch <> before + 1
            ORDER BY partition, epoch
            """;

    private static final String UNBOOKED = """
            SELECT partition, epoch, micros FROM settled_epoch
            WHERE journal_id IS NULL AND micros <> 0
            ORDER BY partition, epoch
            """;

    private final Snapshot ledger;
    private final Consumer<Difference> found;

    CursorCheck(Snapshot ledger, Consumer<Difference> found) {
        this.ledger = ledger;
        this.found = found;
    }

    void run() {
        totals();
        breaks();
        unbooked();
    }

    private void totals() {
        ledger.jdbc()
                .sql(TOTALS)
                .query((row, n) -> Difference.of(
                                "cursor",
                                CounterCheck.name(row.getInt("partition")),
                                "is not the sum of the epochs that were settled")
                        .with("epoch", row.getLong("settled_epoch"))
                        .with("lastSettled", row.getLong("last"))
                        .with("micros", row.getLong("settled_micros"))
                        .with("settledMicros", new BigInteger(row.getString("micros")))
                        .with("events", row.getLong("settled_events"))
                        .with("settledEvents", new BigInteger(row.getString("events"))))
                .list()
                .forEach(found);
    }

    private void breaks() {
        try (Snapshot.Rows<Difference> rows = ledger.rows(
                BREAKS,
                (row, n) -> Difference.of(
                        "epoch",
                        CounterCheck.name(row.getInt("partition")),
                        row.getLong("epoch") == row.getLong("before")
                                ? "epoch %d was settled twice".formatted(row.getLong("epoch"))
                                : "no epoch between %d and %d was settled"
                                        .formatted(row.getLong("before"), row.getLong("epoch"))))) {
            rows.forEach(found);
        }
    }

    private void unbooked() {
        try (Snapshot.Rows<Difference> rows = ledger.rows(
                UNBOOKED,
                (row, n) -> Difference.of(
                                "epoch",
                                CounterCheck.name(row.getInt("partition")),
                                "epoch %d was settled without a journal".formatted(row.getLong("epoch")))
                        .with("micros", row.getLong("micros")))) {
            rows.forEach(found);
        }
    }
}
