package dev.millrace.books;

import com.google.common.collect.ImmutableSortedMap;
import dev.millrace.common.catalog.Rate;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The tables rate_card and rate. A card is never changed; one that is not in force yet can be withdrawn. */
public final class RateCards {
    private final JdbcClient jdbc;

    public RateCards(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * A card, as it is stored.
     *
     * @param effectiveAt the first second at which it is in force
     * @param publisher whose events it prices; null: everybody's
     * @param withdrawnAt when it was withdrawn before it was in force; null: it was not
     * @param rates by type
     */
    public record Card(
            int version,
            Instant effectiveAt,
            Instant createdAt,
            @Nullable String publisher,
            @Nullable Instant withdrawnAt,
            Map<String, Rate> rates) {
        /** In the order of types. */
        public Card {
            rates = ImmutableSortedMap.copyOf(rates);
        }

        private Card with(Map<String, Rate> its) {
            return new Card(version, effectiveAt, createdAt, publisher, withdrawnAt, its);
        }
    }

    /** All cards, by effective time, the oldest first. */
    public List<Card> all() {
        List<Card> cards = jdbc.sql(
                        "SELECT version, effective_at, created_at, publisher, withdrawn_at FROM rate_card ORDER BY effective_at, version")
                .query((row, _) -> new Card(
                        row.getInt("version"),
                        instant(row, "effective_at"),
                        instant(row, "created_at"),
                        row.getString("publisher"),
                        withdrawn(row),
                        Map.of()))
                .list();
        Map<Integer, Map<String, Rate>> rates = new HashMap<>(); // those of a card that was added meanwhile, too
        jdbc.sql("SELECT version, type, micros, cap FROM rate").query(row -> {
            rates.computeIfAbsent(row.getInt("version"), _ -> new HashMap<>())
                    .put(row.getString("type"), new Rate(row.getLong("micros"), row.getInt("cap")));
        });
        return cards.stream()
                .map(card -> card.with(rates.getOrDefault(card.version(), Map.of())))
                .toList();
    }

    private static @Nullable Instant withdrawn(ResultSet row) throws SQLException {
        OffsetDateTime time = row.getObject("withdrawn_at", OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    /**
     * Adds a card, in the caller's transaction.
     *
     * @param publisher whose events it prices; null: everybody's
     */
    public Card add(int version, Instant effectiveAt, @Nullable String publisher, Map<String, Rate> rates) {
        Instant createdAt = jdbc.sql("""
                        INSERT INTO rate_card (version, effective_at, publisher)
                        VALUES (:version, :effective, :publisher)
                        RETURNING created_at
                        """)
                .param("version", version)
                .param("effective", effectiveAt.atOffset(ZoneOffset.UTC))
                .param("publisher", publisher, Types.VARCHAR)
                .query((row, _) -> instant(row, "created_at"))
                .single();
        List<Rate> values = List.copyOf(rates.values()); // in the order of the keys
        jdbc.sql("INSERT INTO rate (version, type, micros, cap) SELECT :version, * FROM unnest(:types, :micros, :caps)")
                .param("version", version)
                .param("types", rates.keySet().toArray(String[]::new))
                .param("micros", values.stream().map(Rate::micros).toArray(Long[]::new))
                .param("caps", values.stream().map(Rate::cap).toArray(Integer[]::new))
                .update();
        return new Card(version, effectiveAt, createdAt, publisher, null, rates);
    }

    /** Withdraws a card that is not in force yet. */
    public void withdraw(int version) {
        jdbc.sql("UPDATE rate_card SET withdrawn_at = clock_timestamp() WHERE version = :version")
                .param("version", version)
                .update();
    }

    /** The database's clock, not the transaction's beginning: waiting for another change must not eat up a card's notice. */
    public Instant now() {
        return jdbc.sql("SELECT clock_timestamp()")
                .query(OffsetDateTime.class)
                .single()
                .toInstant();
    }
}
