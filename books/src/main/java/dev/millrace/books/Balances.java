package dev.millrace.books;

import dev.millrace.common.money.Micros;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Balances as far as they are settled. Each method is one statement, hence one snapshot. */
public class Balances {
    private final JdbcClient jdbc;
    private final Duration availableAfter;

    /** @param availableAfter how long after its credit money becomes available */
    public Balances(JdbcClient jdbc, Duration availableAfter) {
        this.jdbc = jdbc;
        this.availableAfter = availableAfter;
    }

    /**
     * The settled money of one creator.
     *
     * @param cursor of the creator's partition, in the same snapshot as the balance
     * @param known whether the creator has an account
     * @param balance Σ of its postings, zero where there is none
     * @param available what may be paid out
     * @param held what would be available, were the creator not held
     * @param underWay what is being paid out
     */
    public record Settled(
            PartitionCursor cursor, boolean known, Micros balance, Micros available, Micros held, Micros underWay) {}

    /** How far these partitions are settled, by number. */
    public Map<Integer, PartitionCursor> cursors(Collection<Integer> partitions) {
        Map<Integer, PartitionCursor> cursors = jdbc
                .sql("SELECT * FROM partition_cursor WHERE partition = ANY (:partitions)")
                .param("partitions", partitions.toArray(Integer[]::new))
                .query(Cursors::row)
                .list()
                .stream()
                .collect(Collectors.toMap(PartitionCursor::partition, Function.identity()));
        return complete(cursors, partitions.size());
    }

    /**
     * The settled money of creators, by id.
     *
     * @param partitions by creator, where their money is counted
     */
    public Map<String, Settled> settled(Map<String, Integer> partitions) {
        List<String> creators = List.copyOf(partitions.keySet());
        Map<String, Settled> settled = new HashMap<>();
        jdbc.sql("""
                        SELECT s.*, greatest(0, s.matured - s.underway) AS free, c.*
                        FROM unnest(:creators, :partitions) AS asked (creator, partition)
                        JOIN partition_cursor c USING (partition)
                        JOIN standing(:creators, now() - make_interval(secs => :after)) s USING (creator)
                        """)
                .param("after", availableAfter.toMillis() / 1e3)
                .param("creators", creators.toArray(String[]::new))
                .param("partitions", creators.stream().map(partitions::get).toArray(Integer[]::new))
                .query((row, number) -> settled.put(row.getString("creator"), standing(row, number)))
                .list();
        return complete(settled, partitions.size());
    }

    private static Settled standing(ResultSet row, int number) throws SQLException {
        Micros free = new Micros(row.getLong("free"));
        boolean isHeld = row.getBoolean("held");
        return new Settled(
                Cursors.row(row, number),
                row.getObject("account_id") != null,
                new Micros(row.getLong("settled")),
                isHeld ? Micros.ZERO : free,
                isHeld ? free : Micros.ZERO,
                new Micros(row.getLong("underway")));
    }

    /** Whether anything was ever settled for this creator. */
    public boolean hasAccount(String creator) {
        return jdbc.sql("SELECT EXISTS (SELECT FROM account WHERE name = 'creator:' || :creator)")
                .param("creator", creator)
                .query(Boolean.class)
                .single();
    }

    private static <K, V> Map<K, V> complete(Map<K, V> found, int asked) {
        if (found.size() != asked) {
            throw new IllegalStateException(
                    "the ledger has %d of the %d partition cursors that were asked for".formatted(found.size(), asked));
        }
        return found;
    }
}
