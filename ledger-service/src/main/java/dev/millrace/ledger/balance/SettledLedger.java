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
import java.util.stream.IntStream;
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
     * @param accounts of the creators who were asked for, in their order
     */
    record Settled(Cursors cursors, Instant settledThrough, int publishers, List<Account> accounts) {}

    /**
     * @param known whether the creator has one
     * @param balance Σ of its postings, zero where there is none
     */
    record Account(boolean known, Micros balance) {}

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

    Settled settled(List<CreatorId> creators) {
        return jdbc.sql("""
                        SELECT c.epochs, c.openings, c.settled_through, p.publishers, a.known, a.micros
                        FROM (SELECT array_agg(settled_epoch ORDER BY partition) AS epochs,
                                     array_agg(opening ORDER BY partition) AS openings,
                                     min(sealed_at) AS settled_through
                              FROM partition_cursor) c
                        CROSS JOIN (SELECT count(*) AS publishers FROM publisher) p
                        CROSS JOIN (SELECT array_agg(account_id IS NOT NULL ORDER BY number) AS known,
                                           array_agg(coalesce(micros, 0) ORDER BY number) AS micros
                                    FROM unnest(:accounts) WITH ORDINALITY AS asked (name, number)
                                    LEFT JOIN account USING (name)
                                    LEFT JOIN balance USING (account_id)) a
                        """)
                .param("accounts", creators.stream().map(CreatorId::account).toArray(String[]::new))
                .query((row, _) -> new Settled(
                        cursors(row),
                        row.getObject("settled_through", OffsetDateTime.class).toInstant(),
                        row.getInt("publishers"),
                        accounts(row)))
                .single();
    }

    private static List<Account> accounts(ResultSet row) throws SQLException {
        Boolean[] known = (Boolean[]) row.getArray("known").getArray();
        List<Long> micros = longs(row, "micros");
        return IntStream.range(0, known.length)
                .mapToObj(i -> new Account(known[i], new Micros(micros.get(i))))
                .toList();
    }

    private static Cursors cursors(ResultSet row) throws SQLException {
        return new Cursors(longs(row, "epochs"), longs(row, "openings"));
    }

    private static List<Long> longs(ResultSet row, String column) throws SQLException {
        java.sql.Array array = row.getArray(column);
        return array == null ? List.of() : List.copyOf(Arrays.asList((Long[]) array.getArray()));
    }
}
