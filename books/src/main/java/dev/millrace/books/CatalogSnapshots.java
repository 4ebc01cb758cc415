package dev.millrace.books;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Limits;
import dev.millrace.common.catalog.RateCard;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
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
                        SELECT p.*, k.live, k.revoked, k.masters, k.ends,
                               CASE creators WHEN 'listed' THEN
                                   (SELECT coalesce(array_agg(creator), '{}') FROM publisher_creator c WHERE c.publisher = p.publisher)
                               END AS listed
                        FROM publisher p, LATERAL (
                            SELECT coalesce(array_agg(number ORDER BY number) FILTER (WHERE revoked_at IS NULL), '{}') AS live,
                                   coalesce(array_agg(master_version ORDER BY number) FILTER (WHERE revoked_at IS NULL), '{}') AS masters,
                                   coalesce(array_agg(extract(epoch FROM expires_at)::bigint ORDER BY number)
                                       FILTER (WHERE revoked_at IS NULL), '{}') AS ends,
                                   coalesce(array_agg(number ORDER BY number) FILTER (WHERE revoked_at IS NOT NULL), '{}') AS revoked
                            FROM publisher_key WHERE publisher = p.publisher
                        ) k
                        """)
                .query((row, _) -> Map.entry(
                        row.getString("publisher"),
                        new Catalog.Publisher(
                                numbers(row.getArray("live")),
                                numbers(row.getArray("revoked")),
                                limits(row),
                                terms(row))))
                .list()
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static Limits limits(ResultSet row) throws SQLException {
        OffsetDateTime until = row.getObject("until", OffsetDateTime.class);
        Array listed = row.getArray("listed");
        Limits limits = new Limits(
                row.getString("state").equals("suspended"),
                until == null ? null : until.toEpochSecond(),
                row.getObject("budget_day", Long.class),
                row.getObject("budget_total", Long.class),
                row.getObject("events_per_second", Integer.class),
                listed == null ? null : Set.of((String[]) listed.getArray()),
                row.getObject("new_creators_per_day", Integer.class),
                row.getObject("new_articles_per_day", Integer.class),
                row.getLong("corrected"));
        return limits.withPages(
                row.getBoolean("page_tokens"),
                Set.copyOf(Publisher.texts(row, "sites")),
                Limits.filtersWithout(Publisher.texts(row, "filters_off")));
    }

    private static Map<Integer, Catalog.Terms> terms(ResultSet row) throws SQLException {
        List<Integer> live = numbers(row.getArray("live"));
        List<Integer> masters = numbers(row.getArray("masters"));
        @Nullable Long[] ends = (Long[]) row.getArray("ends").getArray();
        Map<Integer, Catalog.Terms> terms = new HashMap<>();
        for (int i = 0; i < live.size(); i++) {
            terms.put(live.get(i), new Catalog.Terms(masters.get(i), ends[i]));
        }
        return terms;
    }

    private static List<Integer> numbers(Array array) throws SQLException {
        return List.of((Integer[]) array.getArray());
    }

    private List<RateCard> cards() {
        return new RateCards(jdbc)
                .all().stream()
                        .filter(card -> card.withdrawnAt() == null)
                        .map(card -> new RateCard(
                                card.version(), card.effectiveAt().getEpochSecond(), card.publisher(), card.rates()))
                        .toList();
    }
}
