package dev.millrace.books;

import dev.millrace.common.token.Kid;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
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

    public record Publisher(String publisher, Instant createdAt) {}

    public record Key(Kid kid, Instant createdAt, @Nullable Instant revokedAt) {}

    public List<Publisher> all() {
        return jdbc.sql("SELECT publisher, created_at FROM publisher ORDER BY publisher COLLATE \"C\"")
                .query(PublisherRegister::publisher)
                .list();
    }

    public boolean exists(String publisher) {
        return jdbc.sql("SELECT EXISTS (SELECT FROM publisher WHERE publisher = :publisher)")
                .param("publisher", publisher)
                .query(Boolean.class)
                .single();
    }

    /** Makes a publisher known; empty where it is already. */
    public Optional<Publisher> create(String publisher) {
        return jdbc.sql(
                        "INSERT INTO publisher (publisher) VALUES (:publisher) ON CONFLICT DO NOTHING RETURNING publisher, created_at")
                .param("publisher", publisher)
                .query(PublisherRegister::publisher)
                .optional();
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

    private static Publisher publisher(ResultSet row, int number) throws SQLException {
        return new Publisher(
                row.getString("publisher"),
                row.getObject("created_at", OffsetDateTime.class).toInstant());
    }

    private static Key key(ResultSet row, int number) throws SQLException {
        OffsetDateTime revoked = row.getObject("revoked_at", OffsetDateTime.class);
        return new Key(
                new Kid(row.getString("publisher"), row.getInt("number")),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                revoked == null ? null : revoked.toInstant());
    }
}
