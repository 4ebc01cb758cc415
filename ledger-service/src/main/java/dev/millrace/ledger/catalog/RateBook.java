package dev.millrace.ledger.catalog;

import dev.millrace.common.catalog.Rate;
import dev.millrace.service.problem.Problem;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The rate cards. A card is never changed; a new price is a new card. Adding runs inside {@link CatalogChanges#make}. */
final class RateBook {
    /** Every ingest node polls the catalogue's revision this often, roughly. */
    private static final Duration POLL = Duration.ofSeconds(1);

    /** Least notice of a card that names no time. */
    private static final Duration STANDARD_NOTICE = Duration.ofSeconds(5);

    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

    private final JdbcClient jdbc;
    private final Duration leastNotice;

    /**
     * @param patience of ingest nodes with Redis: what a look has found holds for twice as long, so a node may go by an older catalogue for
     *     that long and a poll
     */
    RateBook(JdbcClient jdbc, Duration patience) {
        this.jdbc = jdbc;
        this.leastNotice = patience.multipliedBy(2).plus(POLL);
    }

    /**
     * A card.
     *
     * @param rates by type
     */
    record Card(int version, Instant effectiveAt, Instant createdAt, Map<String, Rate> rates) {}

    /** All cards, by effective time, the oldest first. */
    List<Card> cards() {
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

    /**
     * Adds a card: what is in force at its time, with the changes.
     *
     * @param asked when it takes effect; null: as soon as the standard notice allows
     */
    Card add(@Nullable Instant asked, Map<String, Rate> changes) {
        List<Card> cards = cards();
        Instant effectiveAt = asked == null ? soonest(cards) : checked(asked, cards);
        Map<String, Rate> rates = new TreeMap<>(inForce(cards, effectiveAt).rates());
        rates.putAll(changes);
        int version = cards.stream().mapToInt(Card::version).max().orElse(0) + 1;
        Instant createdAt = jdbc.sql("""
                        INSERT INTO rate_card (version, effective_at) VALUES (:version, :effective) RETURNING created_at
                        """)
                .param("version", version)
                .param("effective", effectiveAt.atOffset(ZoneOffset.UTC))
                .query((row, _) ->
                        row.getObject("created_at", OffsetDateTime.class).toInstant())
                .single();
        insert(version, rates);
        return new Card(version, effectiveAt, createdAt, rates);
    }

    private void insert(int version, Map<String, Rate> rates) {
        List<Rate> values = List.copyOf(rates.values()); // in the order of the keys
        jdbc.sql("INSERT INTO rate (version, type, micros, cap) SELECT :version, * FROM unnest(:types, :micros, :caps)")
                .param("version", version)
                .param("types", rates.keySet().toArray(String[]::new))
                .param("micros", values.stream().map(Rate::micros).toArray(Long[]::new))
                .param("caps", values.stream().map(Rate::cap).toArray(Integer[]::new))
                .update();
    }

    private Instant soonest(List<Card> cards) {
        Instant second = databaseTime()
                .plus(STANDARD_NOTICE.compareTo(leastNotice) > 0 ? STANDARD_NOTICE : leastNotice)
                .plusNanos(Duration.ofSeconds(1).toNanos() - 1)
                .truncatedTo(ChronoUnit.SECONDS);
        while (taken(cards, second)) {
            second = second.plusSeconds(1);
        }
        return second;
    }

    private Instant checked(Instant asked, List<Card> cards) {
        if (!asked.truncatedTo(ChronoUnit.SECONDS).equals(asked) || asked.isAfter(LATEST)) {
            throw Problem.RATE_INVALID.because("effectiveAt '%s' is not a whole second up to the year 9999", asked);
        }
        Instant now = databaseTime();
        if (asked.isBefore(now.plus(leastNotice))) {
            throw Problem.RATE_IN_THE_PAST.because(
                    "effectiveAt '%s' is not at least %d ms after now, %s: every ingest node must have the card before it takes effect",
                    asked, leastNotice.toMillis(), now);
        }
        if (taken(cards, asked)) {
            throw Problem.RATE_EXISTS.because("another card takes effect at '%s'", asked);
        }
        return asked;
    }

    private static boolean taken(List<Card> cards, Instant second) {
        return cards.stream().anyMatch(card -> card.effectiveAt().equals(second));
    }

    private static Card inForce(List<Card> cards, Instant at) {
        return cards.stream()
                .filter(card -> !card.effectiveAt().isAfter(at))
                .max(Comparator.comparing(Card::effectiveAt))
                .orElseThrow(() -> new IllegalStateException("no rate card is in force at %s".formatted(at)));
    }

    /** Not the transaction's beginning: waiting for another change must not eat up the notice. */
    private Instant databaseTime() {
        return jdbc.sql("SELECT clock_timestamp()")
                .query(OffsetDateTime.class)
                .single()
                .toInstant();
    }
}
