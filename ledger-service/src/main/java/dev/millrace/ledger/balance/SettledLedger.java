package dev.millrace.ledger.balance;

import dev.millrace.common.identity.Identity;
import dev.millrace.common.money.Micros;
import dev.millrace.ledger.creator.CreatorId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The settled side: what Postgres knows. Each method is one statement, hence one snapshot. */
class SettledLedger {
    private final JdbcClient jdbc;

    SettledLedger(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * How far the partitions are settled.
     *
     * @param epochs the last settled epoch, by partition
     * @param openings how often the counters were opened, by partition; 0: never
     */
    record Cursors(List<Long> epochs, List<Long> openings) {
        Cursors {
            if (epochs.size() != Identity.PARTITIONS) {
                throw new IllegalStateException(
                        "the ledger has %d partition cursors, not %d".formatted(epochs.size(), Identity.PARTITIONS));
            }
        }

        long epoch(int partition) {
            return epochs.get(partition);
        }
    }

    /**
     * Where a reading starts from.
     *
     * @param cursors a lower bound: settlement only goes on from here, unless Postgres is restored
     * @param publishers all that the database knows
     */
    record Start(Cursors cursors, List<String> publishers) {}

    /**
     * What is settled.
     *
     * @param cursors how far, in the same snapshot as the balance
     * @param settledThrough when the partition that is furthest behind was last sealed
     * @param publishers how many there are; none is ever deleted
     * @param known whether the creator has an account
     * @param balance Σ of the account's postings, zero without an account
     */
    record Settled(Cursors cursors, Instant settledThrough, int publishers, boolean known, Micros balance) {}

    Start start() {
        return jdbc.sql("""
                        SELECT array_agg(settled_epoch ORDER BY partition) AS epochs,
                               array_agg(opening ORDER BY partition) AS openings,
                               ARRAY(SELECT publisher FROM publisher) AS publishers
                        FROM partition_cursor
                        """)
                .query((row, _) -> new Start(cursors(row), List.of((String[])
                        row.getArray("publishers").getArray())))
                .single();
    }

    Settled settled(CreatorId creator) {
        return jdbc.sql("""
                        SELECT c.epochs, c.openings, c.settled_through, p.publishers,
                               a.account_id IS NOT NULL AS known, coalesce(b.micros, 0) AS micros
                        FROM (SELECT array_agg(settled_epoch ORDER BY partition) AS epochs,
                                     array_agg(opening ORDER BY partition) AS openings,
                                     min(sealed_at) AS settled_through
                              FROM partition_cursor) c
                        CROSS JOIN (SELECT count(*) AS publishers FROM publisher) p
                        LEFT JOIN account a ON a.name = :account
                        LEFT JOIN balance b USING (account_id)
                        """)
                .param("account", creator.account())
                .query((row, _) -> new Settled(
                        cursors(row),
                        row.getObject("settled_through", OffsetDateTime.class).toInstant(),
                        row.getInt("publishers"),
                        row.getBoolean("known"),
                        new Micros(row.getLong("micros"))))
                .single();
    }

    private static Cursors cursors(ResultSet row) throws SQLException {
        return new Cursors(longs(row, "epochs"), longs(row, "openings"));
    }

    private static List<Long> longs(ResultSet row, String column) throws SQLException {
        java.sql.Array array = row.getArray(column);
        return array == null ? List.of() : List.copyOf(Arrays.asList((Long[]) array.getArray()));
    }
}
