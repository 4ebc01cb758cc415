package dev.millrace.books;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.RateCard;
import java.sql.Array;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
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
        return jdbc
                .sql("""
                        SELECT publisher,
                               coalesce(array_agg(number ORDER BY number) FILTER (WHERE revoked_at IS NULL AND number IS NOT NULL), '{}') AS live,
                               coalesce(array_agg(number ORDER BY number) FILTER (WHERE revoked_at IS NOT NULL), '{}') AS revoked
                        FROM publisher LEFT JOIN publisher_key USING (publisher)
                        GROUP BY publisher
                        """)
                .query((row, _) -> Map.entry(
                        row.getString("publisher"),
                        new Catalog.Publisher(numbers(row.getArray("live")), numbers(row.getArray("revoked")))))
                .list()
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static List<Integer> numbers(Array array) throws SQLException {
        return List.of((Integer[]) array.getArray());
    }

    private List<RateCard> cards() {
        return new RateCards(jdbc)
                .all().stream()
                        .map(card ->
                                new RateCard(card.version(), card.effectiveAt().getEpochSecond(), card.rates()))
                        .toList();
    }
}
