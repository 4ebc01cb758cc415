package dev.millrace.books;

import dev.millrace.common.money.Micros;
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

    public Balances(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * The settled money of one creator.
     *
     * @param cursor of the creator's partition, in the same snapshot as the balance
     * @param known whether the creator has an account
     * @param balance Σ of its postings, zero where there is none
     */
    public record Settled(PartitionCursor cursor, boolean known, Micros balance) {}

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
                        SELECT asked.creator, a.account_id IS NOT NULL AS known, coalesce(b.micros, 0) AS micros, c.*
                        FROM unnest(:creators, :partitions) AS asked (creator, partition)
                        JOIN partition_cursor c ON c.partition = asked.partition
                        LEFT JOIN account a ON a.name = 'creator:' || asked.creator
                        LEFT JOIN balance b ON b.account_id = a.account_id
                        """)
                .param("creators", creators.toArray(String[]::new))
                .param("partitions", creators.stream().map(partitions::get).toArray(Integer[]::new))
                .query((row, number) -> settled.put(
                        row.getString("creator"),
                        new Settled(
                                Cursors.row(row, number), row.getBoolean("known"), new Micros(row.getLong("micros")))))
                .list();
        return complete(settled, partitions.size());
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
