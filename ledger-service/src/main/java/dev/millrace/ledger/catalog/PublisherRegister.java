package dev.millrace.ledger.catalog;

import dev.millrace.common.token.Kid;
import dev.millrace.service.problem.Problem;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Publishers and the numbers of their keys. Changes run inside {@link CatalogChanges#make}. */
final class PublisherRegister {
    private final JdbcClient jdbc;

    PublisherRegister(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    record Publisher(String publisher, Instant createdAt) {}

    /** A key, without its secret, which is stored nowhere. */
    record Key(Kid kid, Instant createdAt, @Nullable Instant revokedAt) {}

    List<Publisher> publishers() {
        return jdbc.sql("SELECT publisher, created_at FROM publisher ORDER BY publisher COLLATE \"C\"")
                .query((row, _) -> new Publisher(row.getString("publisher"), instant(row, "created_at")))
                .list();
    }

    Publisher create(String publisher) {
        if (exists(publisher)) {
            throw Problem.PUBLISHER_EXISTS.because("publisher '%s' exists already", publisher);
        }
        return jdbc.sql("INSERT INTO publisher (publisher) VALUES (:publisher) RETURNING created_at")
                .param("publisher", publisher)
                .query((row, _) -> new Publisher(publisher, instant(row, "created_at")))
                .single();
    }

    List<Key> keys(String publisher) {
        requirePublisher(publisher);
        return jdbc.sql("""
                        SELECT number, created_at, revoked_at FROM publisher_key
                        WHERE publisher = :publisher ORDER BY number
                        """)
                .param("publisher", publisher)
                .query((row, _) -> key(publisher, row))
                .list();
    }

    /** A new key with the number after the last, revoked ones counted: a number is never used twice. */
    Key createKey(String publisher) {
        requirePublisher(publisher);
        return jdbc.sql("""
                        INSERT INTO publisher_key (publisher, number)
                        SELECT :publisher, coalesce(max(number), 0) + 1 FROM publisher_key WHERE publisher = :publisher
                        RETURNING number, created_at, revoked_at
                        """)
                .param("publisher", publisher)
                .query((row, _) -> key(publisher, row))
                .single();
    }

    /** Whether the publisher has a key of this number. */
    boolean isKey(String publisher, String number) {
        return jdbc.sql("""
                        SELECT EXISTS (SELECT FROM publisher_key WHERE publisher = :publisher AND number::text = :number)
                        """)
                .param("publisher", publisher)
                .param("number", number)
                .query(Boolean.class)
                .single();
    }

    /** Revokes a key; one already revoked stays as it is. */
    Key revoke(String publisher, String number) {
        Key key = keys(publisher).stream()
                .filter(candidate ->
                        number.equals(Integer.toString(candidate.kid().number())))
                .findFirst()
                .orElseThrow(() -> Problem.KEY_UNKNOWN.because("publisher '%s' has no key '%s'", publisher, number));
        if (key.revokedAt() != null) {
            return key;
        }
        return jdbc.sql("""
                        UPDATE publisher_key SET revoked_at = clock_timestamp()
                        WHERE publisher = :publisher AND number = :number
                        RETURNING number, created_at, revoked_at
                        """)
                .param("publisher", publisher)
                .param("number", key.kid().number())
                .query((row, _) -> key(publisher, row))
                .single();
    }

    private void requirePublisher(String publisher) {
        if (!exists(publisher)) {
            throw Problem.PUBLISHER_UNKNOWN.because("there is no publisher '%s'", publisher);
        }
    }

    private boolean exists(String publisher) {
        return jdbc.sql("SELECT EXISTS (SELECT FROM publisher WHERE publisher = :publisher)")
                .param("publisher", publisher)
                .query(Boolean.class)
                .single();
    }

    private static Key key(String publisher, ResultSet row) throws SQLException {
        OffsetDateTime revoked = row.getObject("revoked_at", OffsetDateTime.class);
        return new Key(
                new Kid(publisher, row.getInt("number")),
                instant(row, "created_at"),
                revoked == null ? null : revoked.toInstant());
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }
}
