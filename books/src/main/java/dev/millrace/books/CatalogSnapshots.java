package dev.millrace.books;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Rate;
import dev.millrace.common.catalog.RateCard;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** Reads the whole catalogue from one snapshot of the database. */
public class CatalogSnapshots {
    private final JdbcClient jdbc;
    private final TransactionTemplate oneSnapshot;

    public CatalogSnapshots(JdbcClient jdbc, PlatformTransactionManager transactions) {
        this.jdbc = jdbc;
        this.oneSnapshot = new TransactionTemplate(transactions);
        oneSnapshot.setIsolationLevel(TransactionDefinition.ISOLATION_REPEATABLE_READ);
        oneSnapshot.setReadOnly(true);
    }

    /**
     * Which catalogue it is. A database restored to an older state goes through the same revisions once more, with other
     * content; the transaction tells them apart.
     *
     * @param revision grows with every change
     * @param transaction the one that made the last change
     */
    public record Version(long revision, String transaction) {}

    /** A catalogue and its version. */
    public record Snapshot(Version version, Catalog catalog) {}

    /** The catalogue as of now. Inside a transaction that changes the catalogue, as that transaction leaves it. */
    public Snapshot read() {
        return Objects.requireNonNull(oneSnapshot.execute(transaction -> {
            Version version = version();
            return new Snapshot(version, new Catalog(version.revision(), publishers(), cards()));
        }));
    }

    /** The catalogue's version as of now. */
    public Version version() {
        return jdbc.sql("SELECT revision, xmin::text AS transaction FROM catalog_revision")
                .query((row, _) -> new Version(row.getLong("revision"), row.getString("transaction")))
                .single();
    }

    private Map<String, Catalog.Publisher> publishers() {
        Map<String, List<Integer>> live = new HashMap<>();
        Map<String, List<Integer>> revoked = new HashMap<>();
        jdbc.sql("""
                        SELECT publisher, number, revoked_at IS NOT NULL AS revoked
                        FROM publisher LEFT JOIN publisher_key USING (publisher)
                        ORDER BY publisher, number
                        """).query(row -> {
            List<Integer> isLive = live.computeIfAbsent(row.getString("publisher"), _ -> new ArrayList<>());
            List<Integer> isRevoked = revoked.computeIfAbsent(row.getString("publisher"), _ -> new ArrayList<>());
            int number = row.getInt("number");
            if (!row.wasNull()) { // a publisher without a key has one row without a number
                (row.getBoolean("revoked") ? isRevoked : isLive).add(number);
            }
        });
        Map<String, Catalog.Publisher> publishers = new HashMap<>();
        live.forEach((publisher, numbers) ->
                publishers.put(publisher, new Catalog.Publisher(numbers, revoked.getOrDefault(publisher, List.of()))));
        return publishers;
    }

    private List<RateCard> cards() {
        Map<Integer, Long> effective = new LinkedHashMap<>();
        Map<Integer, Map<String, Rate>> rates = new HashMap<>();
        jdbc.sql("""
                        SELECT version, extract(epoch FROM effective_at)::bigint AS effective, type, micros, cap
                        FROM rate_card JOIN rate USING (version)
                        ORDER BY effective_at
                        """).query(row -> {
            int version = row.getInt("version");
            effective.put(version, row.getLong("effective"));
            rates.computeIfAbsent(version, _ -> new HashMap<>())
                    .put(row.getString("type"), new Rate(row.getLong("micros"), row.getInt("cap")));
        });
        return effective.entrySet().stream()
                .map(card -> new RateCard(card.getKey(), card.getValue(), rates.getOrDefault(card.getKey(), Map.of())))
                .toList();
    }
}
