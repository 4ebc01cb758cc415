package dev.millrace.ledger.catalog;

import dev.millrace.books.RateCards;
import dev.millrace.books.RateCards.Card;
import dev.millrace.common.catalog.Rate;
import dev.millrace.service.problem.Problem;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

    private final RateCards stored;
    private final Duration leastNotice;
    private final long mostFactor;

    /**
     * @param patience of ingest nodes with Redis: what a look has found holds for twice as long, so a node may go by an older catalogue for
     *     that long and a poll
     * @param mostFactor most by which a price changes without force
     */
    RateBook(JdbcClient jdbc, Duration patience, long mostFactor) {
        this.stored = new RateCards(jdbc);
        this.mostFactor = mostFactor;
        this.leastNotice = patience.multipliedBy(2).plus(POLL);
    }

    /** All cards, by effective time, the oldest first. */
    List<Card> cards() {
        return stored.all();
    }

    /**
     * Adds a card: the rates in force at its time, with the changes. Cards that wait can be withdrawn, so the factor holds against today's rates too.
     *
     * @param publisher whose events it prices; null: everybody's
     * @param asked when it takes effect; null: as soon as the standard notice allows
     * @param force also where a price changes by more than the factor
     */
    Card add(@Nullable String publisher, @Nullable Instant asked, Map<String, Rate> changes, boolean force) {
        List<Card> all = cards();
        List<Card> cards =
                all.stream().filter(card -> card.withdrawnAt() == null).toList();
        List<Card> own = cards.stream()
                .filter(card -> Objects.equals(card.publisher(), publisher))
                .toList();
        Instant effectiveAt = asked == null ? soonest(own) : checked(asked, own);
        Map<String, Rate> rates =
                new TreeMap<>(inForce(cards, publisher, effectiveAt).rates());
        if (!force) {
            Map<String, Rate> today = inForce(cards, publisher, stored.now()).rates();
            changes.forEach((type, rate) -> {
                requireNear(type, rates.get(type), rate);
                requireNear(type, today.get(type), rate);
            });
        }
        rates.putAll(changes);
        int version = all.stream().mapToInt(Card::version).max().orElse(0) + 1;
        return stored.add(version, effectiveAt, publisher, rates);
    }

    /**
     * Withdraws a card that is not in force anywhere yet; false where it is withdrawn already.
     *
     * @param version as a caller wrote it
     */
    boolean withdraw(String version) {
        Card card = cards().stream()
                .filter(one -> version.equals(Integer.toString(one.version())))
                .findFirst()
                .orElseThrow(() -> Problem.RATE_UNKNOWN.because("there is no rate card '%s'", version));
        if (card.withdrawnAt() != null) {
            return false;
        }
        Instant now = stored.now();
        if (card.effectiveAt().isBefore(now.plus(leastNotice))) {
            throw Problem.RATE_IN_FORCE.because(
                    "rate card %d takes effect at '%s', not at least %d ms after now, %s: nodes could have it in force by then; add another card",
                    card.version(), card.effectiveAt(), leastNotice.toMillis(), now);
        }
        stored.withdraw(card.version());
        return true;
    }

    /** An operator's slip of a few zeros is no price. A type that had none yet may have any. */
    private void requireNear(String type, @Nullable Rate before, Rate after) {
        if (before == null) {
            return;
        }
        if (!isNear(before.micros(), after.micros())
                || !isNear(before.micros() * before.cap(), after.micros() * after.cap())) {
            throw Problem.RATE_CHANGE_TOO_LARGE.because(
                    "rates.%s: %d micros (cap %d) would become %d micros (cap %d), a change by more than the factor %d; add \"force\": true where that is meant",
                    type, before.micros(), before.cap(), after.micros(), after.cap(), mostFactor);
        }
    }

    private boolean isNear(long before, long after) {
        return after <= Math.multiplyExact(before, mostFactor) && before <= Math.multiplyExact(after, mostFactor);
    }

    private Instant soonest(List<Card> cards) {
        Instant second = stored.now()
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
        Instant now = stored.now();
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

    /** The publisher's own newest card in force, otherwise everybody's, as {@link dev.millrace.common.catalog.Catalog#cardAt} has it. */
    private static Card inForce(List<Card> cards, @Nullable String publisher, Instant at) {
        return cards.stream()
                .filter(card -> card.publisher() == null || card.publisher().equals(publisher))
                .filter(card -> !card.effectiveAt().isAfter(at))
                .max(Comparator.comparing((Card card) -> card.publisher() != null)
                        .thenComparing(Card::effectiveAt))
                .orElseThrow(() -> new IllegalStateException("no rate card is in force at %s".formatted(at)));
    }
}
