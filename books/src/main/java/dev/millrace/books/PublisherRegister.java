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
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The tables publisher and publisher_key. Secrets are stored nowhere. */
public final class PublisherRegister {
    private final JdbcClient jdbc;

    public PublisherRegister(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    public record Key(Kid kid, Instant createdAt, @Nullable Instant revokedAt) {}

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
                            new_articles_per_day = :newArticles
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
                .update();
    }

    public List<Key> keys(String publisher) {
        return jdbc.sql("SELECT * FROM publisher_key WHERE publisher = :publisher ORDER BY number")
                .param("publisher", publisher)
                .query(PublisherRegister::key)
                .list();
    }

    /** A new key with the number after the last, revoked ones counted: a number is never used twice. */
    public Key createKey(String publisher) {
        return jdbc.sql("""
                        INSERT INTO publisher_key (publisher, number)
                        SELECT :publisher, coalesce(max(number), 0) + 1 FROM publisher_key WHERE publisher = :publisher
                        RETURNING *
                        """)
                .param("publisher", publisher)
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

    /** Revokes a key; one already revoked stays as it is, and so does the catalogue's revision. */
    public void revoke(String publisher, String number) {
        keys(publisher).stream()
                .filter(key -> key.revokedAt() == null && isNumber(key, number))
                .forEach(key -> jdbc.sql("""
                        UPDATE publisher_key SET revoked_at = clock_timestamp() WHERE publisher = :publisher AND number = :number
                        """)
                        .param("publisher", publisher)
                        .param("number", key.kid().number())
                        .update());
    }

    private static boolean isNumber(Key key, String number) {
        return number.equals(Integer.toString(key.kid().number()));
    }

    private static Key key(ResultSet row, int number) throws SQLException {
        OffsetDateTime revoked = row.getObject("revoked_at", OffsetDateTime.class);
        return new Key(
                new Kid(row.getString("publisher"), row.getInt("number")),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                revoked == null ? null : revoked.toInstant());
    }
}
