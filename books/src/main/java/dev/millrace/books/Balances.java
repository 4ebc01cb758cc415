package dev.millrace.books;

import dev.millrace.common.money.Micros;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Balances as far as they are settled. Each method is one statement, hence one snapshot. */
public class Balances {
    private final JdbcClient jdbc;

    public Balances(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * How far a partition is settled.
     *
     * @param epoch the last one that is settled
     * @param lineage of the counters that the ledger is settled from; 0: never opened
     */
    public record Cursor(long epoch, long lineage) {}

    /**
     * What is settled of one creator.
     *
     * @param cursor of the creator's partition, in the same snapshot as the balance
     * @param settledThrough when the last settled epoch of that partition was sealed
     * @param known whether the creator has an account
     * @param balance Σ of its postings, zero where there is none
     */
    public record Settled(Cursor cursor, Instant settledThrough, boolean known, Micros balance) {}

    /** Where a creator's money is: the id, and the number of the partition that counts it. */
    public record Location(String id, int partition) {
        private String account() {
            return "creator:" + id;
        }
    }

    /** How far these partitions are settled, by number. */
    public Map<Integer, Cursor> cursors(Collection<Integer> partitions) {
        Map<Integer, Cursor> cursors = new HashMap<>();
        jdbc.sql("SELECT partition, settled_epoch, lineage FROM partition_cursor WHERE partition = ANY (:partitions)")
                .param("partitions", partitions.toArray(Integer[]::new))
                .query(row -> {
                    cursors.put(
                            row.getInt("partition"), new Cursor(row.getLong("settled_epoch"), row.getLong("lineage")));
                });
        return complete(cursors, partitions.size());
    }

    /** What is settled of these creators, each once, by id. */
    public Map<String, Settled> settled(List<Location> creators) {
        Map<String, Settled> settled = new HashMap<>();
        jdbc.sql("""
                        SELECT asked.number, c.settled_epoch, c.lineage, c.sealed_at,
                               a.account_id IS NOT NULL AS known, coalesce(b.micros, 0) AS micros
                        FROM unnest(:accounts, :partitions) WITH ORDINALITY AS asked (name, partition, number)
                        JOIN partition_cursor c ON c.partition = asked.partition
                        LEFT JOIN account a ON a.name = asked.name
                        LEFT JOIN balance b ON b.account_id = a.account_id
                        """)
                .param("accounts", creators.stream().map(Location::account).toArray(String[]::new))
                .param("partitions", creators.stream().map(Location::partition).toArray(Integer[]::new))
                .query(row -> {
                    settled.put(
                            creators.get(row.getInt("number") - 1).id(),
                            new Settled(
                                    new Cursor(row.getLong("settled_epoch"), row.getLong("lineage")),
                                    row.getObject("sealed_at", OffsetDateTime.class)
                                            .toInstant(),
                                    row.getBoolean("known"),
                                    new Micros(row.getLong("micros"))));
                });
        return complete(settled, creators.size());
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
