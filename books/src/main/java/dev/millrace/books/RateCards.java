package dev.millrace.books;

import dev.millrace.common.catalog.Rate;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The tables rate_card and rate. A card is never changed. */
public final class RateCards {
    private final JdbcClient jdbc;

    public RateCards(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * A card, as it is stored.
     *
     * @param effectiveAt the first second at which it is in force
     * @param rates by type
     */
    public record Card(int version, Instant effectiveAt, Instant createdAt, Map<String, Rate> rates) {}

    /** All cards, by effective time, the oldest first. */
    public List<Card> all() {
        Map<Integer, Card> cards = new HashMap<>();
        jdbc.sql("""
                SELECT version, effective_at, created_at, type, micros, cap
                FROM rate_card JOIN rate USING (version)
                """).query(row -> {
            cards.computeIfAbsent(row.getInt("version"), version -> card(version, row))
                    .rates()
                    .put(row.getString("type"), new Rate(row.getLong("micros"), row.getInt("cap")));
        });
        return cards.values().stream()
                .sorted(Comparator.comparing(Card::effectiveAt))
                .toList();
    }

    private static Card card(int version, ResultSet row) {
        try {
            return new Card(
                    version,
                    row.getObject("effective_at", OffsetDateTime.class).toInstant(),
                    row.getObject("created_at", OffsetDateTime.class).toInstant(),
                    new TreeMap<>());
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Adds a card, in the caller's transaction. */
    public Card add(int version, Instant effectiveAt, Map<String, Rate> rates) {
        Instant createdAt = jdbc.sql(
                        "INSERT INTO rate_card (version, effective_at) VALUES (:version, :effective) RETURNING created_at")
                .param("version", version)
                .param("effective", effectiveAt.atOffset(ZoneOffset.UTC))
                .query((row, _) ->
                        row.getObject("created_at", OffsetDateTime.class).toInstant())
                .single();
        List<Rate> values = List.copyOf(rates.values()); // in the order of the keys
        jdbc.sql("INSERT INTO rate (version, type, micros, cap) SELECT :version, * FROM unnest(:types, :micros, :caps)")
                .param("version", version)
                .param("types", rates.keySet().toArray(String[]::new))
                .param("micros", values.stream().map(Rate::micros).toArray(Long[]::new))
                .param("caps", values.stream().map(Rate::cap).toArray(Integer[]::new))
                .update();
        return new Card(version, effectiveAt, createdAt, rates);
    }

    /** The database's clock, not the transaction's beginning: waiting for another change must not eat up a card's notice. */
    public Instant now() {
        return jdbc.sql("SELECT clock_timestamp()")
                .query(OffsetDateTime.class)
                .single()
                .toInstant();
    }
}
