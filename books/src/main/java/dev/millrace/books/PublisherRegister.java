package dev.millrace.books;

import dev.millrace.common.token.Kid;
import dev.millrace.common.token.Sandbox;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The tables publisher and publisher_key. Secrets are stored nowhere. */
public final class PublisherRegister {
    private final JdbcClient jdbc;

    public PublisherRegister(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * A key.
     *
     * @param master version of the master key that its secret is derived from
     * @param expiresAt when it ends by itself; null: it does not
     */
    public record Key(
            Kid kid,
            Instant createdAt,
            @Nullable Instant revokedAt,
            int master,
            @Nullable Instant expiresAt) {}

    public List<Publisher> all() {
        return jdbc.sql("SELECT *, now() AS now FROM publisher ORDER BY publisher COLLATE \"C\"")
                .query(Publisher::of)
                .list();
    }

    /** The publisher of this name; empty where there is none. */
    public Optional<Publisher> find(String publisher) {
        return jdbc.sql("SELECT *, now() AS now FROM publisher WHERE publisher = :publisher")
                .param("publisher", publisher)
                .query(Publisher::of)
                .optional();
    }

    public boolean exists(String publisher) {
        return jdbc.sql("SELECT EXISTS (SELECT FROM publisher WHERE publisher = :publisher)")
                .param("publisher", publisher)
                .query(Boolean.class)
                .single();
    }

    /** Makes a publisher known, a sandbox with small limits; empty where it is already. */
    public Optional<Publisher> create(String publisher) {
        int created = jdbc.sql("INSERT INTO publisher (publisher) VALUES (:publisher) ON CONFLICT DO NOTHING")
                .param("publisher", publisher)
                .update();
        if (created > 0 && Sandbox.isPublisher(publisher)) {
            save(find(publisher).orElseThrow().withSandboxLimits());
        }
        return created == 0 ? Optional.empty() : find(publisher);
    }

    /** Writes a publisher's state and limits. */
    public void save(Publisher publisher) {
        OffsetDateTime until =
                publisher.until() == null ? null : publisher.until().atOffset(ZoneOffset.UTC);
        jdbc.sql("""
                        UPDATE publisher
                        SET state = :state, reason = :reason, until = :until, budget_day = :day, budget_total = :total,
                            events_per_second = :events, creators = :creators, new_creators_per_day = :newCreators,
                            new_articles_per_day = :newArticles, page_tokens = :pageTokens, sites = :sites, filters_off = :filtersOff
                        WHERE publisher = :publisher
                        """)
                .param("publisher", publisher.publisher())
                .param("state", publisher.state())
                .param("reason", publisher.reason(), Types.VARCHAR)
                .param("until", until, Types.TIMESTAMP_WITH_TIMEZONE)
                .param("day", publisher.budget().day(), Types.BIGINT)
                .param("total", publisher.budget().total(), Types.BIGINT)
                .param("events", publisher.eventsPerSecond(), Types.INTEGER)
                .param("creators", publisher.creators())
                .param("newCreators", publisher.newCreatorsPerDay(), Types.INTEGER)
                .param("newArticles", publisher.newArticlesPerDay(), Types.INTEGER)
                .param("pageTokens", publisher.pageTokens())
                .param("sites", publisher.sites().toArray(String[]::new), Types.ARRAY)
                .param("filtersOff", publisher.filtersOff().toArray(String[]::new), Types.ARRAY)
                .update();
    }

    public List<Key> keys(String publisher) {
        return jdbc.sql("SELECT * FROM publisher_key WHERE publisher = :publisher ORDER BY number")
                .param("publisher", publisher)
                .query(PublisherRegister::key)
                .list();
    }

    /**
     * A new key with the number after the last, revoked ones counted: a number is never used twice.
     *
     * @param master version of the master key that its secret is derived from
     * @param expiresAt a whole second; null: it does not end by itself
     */
    public Key createKey(String publisher, int master, @Nullable Instant expiresAt) {
        return jdbc.sql("""
                        INSERT INTO publisher_key (publisher, number, master_version, expires_at)
                        SELECT :publisher, coalesce(max(number), 0) + 1, :master, :expires
                        FROM publisher_key WHERE publisher = :publisher
                        RETURNING *
                        """)
                .param("publisher", publisher)
                .param("master", master)
                .param(
                        "expires",
                        expiresAt == null ? null : expiresAt.atOffset(ZoneOffset.UTC),
                        Types.TIMESTAMP_WITH_TIMEZONE)
                .query(PublisherRegister::key)
                .single();
    }

    /**
     * Whether the publisher has a key of this number.
     *
     * @param number as a caller wrote it
     */
    public boolean isKey(String publisher, String number) {
        return keys(publisher).stream().anyMatch(key -> isNumber(key, number));
    }

    /**
     * Revokes a key; one already revoked stays as it is, and so does the catalogue's revision.
     *
     * @return whether it was live
     */
    public boolean revoke(String publisher, String number) {
        return keys(publisher).stream()
                .filter(key -> key.revokedAt() == null && isNumber(key, number))
                .mapToInt(key -> jdbc.sql("""
                        UPDATE publisher_key SET revoked_at = clock_timestamp() WHERE publisher = :publisher AND number = :number
                        """)
                        .param("publisher", publisher)
                        .param("number", key.kid().number())
                        .update())
                .anyMatch(rows -> rows > 0);
    }

    /** Live keys by the version of their master key, as of now. */
    public Map<Integer, Long> liveByMaster() {
        return jdbc
                .sql("""
                        SELECT master_version, count(*) AS keys FROM publisher_key
                        WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())
                        GROUP BY master_version
                        """)
                .query((row, _) -> Map.entry(row.getInt("master_version"), row.getLong("keys")))
                .list()
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static boolean isNumber(Key key, String number) {
        return number.equals(Integer.toString(key.kid().number()));
    }

    private static Key key(ResultSet row, int number) throws SQLException {
        return new Key(
                new Kid(row.getString("publisher"), row.getInt("number")),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                instant(row, "revoked_at"),
                row.getInt("master_version"),
                instant(row, "expires_at"));
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
