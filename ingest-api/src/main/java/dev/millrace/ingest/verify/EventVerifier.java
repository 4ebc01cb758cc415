package dev.millrace.ingest.verify;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Rate;
import dev.millrace.common.catalog.RateCard;
import dev.millrace.common.counters.EngageField;
import dev.millrace.common.identity.IdentityHash;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.key.PublisherKeys;
import dev.millrace.common.token.EventType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Judges the events of a request, each by itself: form, kid, signature, claims, times, type, key, in this order. Thread-safe.
 *
 * <p>The second it judges by is an estimate of Redis' clock that runs behind it, so an {@code exp} that has passed here
 * has passed there (but for the half second after that clock was set back). What is close is left to the script, which
 * reads the clock itself.
 */
public final class EventVerifier {
    private final TokenVerifier tokens;
    private final IdentityHash identities;
    private final EventKey eventKey;
    private final long lifetime;

    /** Seconds; what is early by no more than that is left to the script. */
    private final long behind;

    /**
     * @param lifetime most that {@code exp - iat} may be
     * @param reactions keys a reaction may have
     * @param behind most that the estimate of Redis' clock runs behind it; whole seconds are judged by, so it is rounded up, and one is added
     */
    public EventVerifier(MasterKey masterKey, Duration lifetime, Set<String> reactions, Duration behind) {
        this.tokens = new TokenVerifier(new PublisherKeys(masterKey));
        this.identities = new IdentityHash(masterKey);
        this.eventKey = new EventKey(reactions);
        this.lifetime = lifetime.toSeconds();
        this.behind = Math.ceilDiv(behind.toMillis(), 1_000) + 1;
    }

    /**
     * The verdict on each event, in their order.
     *
     * @param now estimate of Redis' clock, Unix seconds, not ahead of it
     */
    public List<Verdict> verify(List<Event> events, Catalog catalog, long now) {
        Run run = new Run(catalog, now);
        List<Verdict> verdicts = new ArrayList<>(events.size());
        for (Event event : events) {
            verdicts.add(run.verify(event));
        }
        return verdicts;
    }

    /** What the events of one request share. Not thread-safe. */
    private final class Run {
        private final Catalog catalog;
        private final long now;
        private final TokenVerifier.Run tokens;
        private final IdentityHash.Calculation identity = identities.calculation();

        Run(Catalog catalog, long now) {
            this.catalog = catalog;
            this.now = now;
            this.tokens = EventVerifier.this.tokens.run(catalog);
        }

        Verdict verify(Event event) {
            if (event.token() == null) {
                return new Rejected(Code.TOKEN_MALFORMED, "token is missing");
            }
            return switch (tokens.verify(event.token())) {
                case TokenVerifier.Result.Invalid(Rejected rejected) -> rejected;
                case TokenVerifier.Result.Valid(EventToken token) -> {
                    Rejected untimely = untimely(token);
                    yield untimely != null ? untimely : verifyUse(token, event);
                }
            };
        }

        private @Nullable Rejected untimely(EventToken token) {
            long lives = token.expiresAt() - token.issuedAt();
            if (lives < 1 || lives > lifetime) {
                return new Rejected(
                        Code.TOKEN_LIFETIME, "exp - iat is %d s; 1 to %d s are accepted".formatted(lives, lifetime));
            }
            if (now >= token.expiresAt()) {
                return Countable.expired(token.expiresAt(), now);
            }
            return token.issuedAt() > now + behind + Countable.CLOCK_TOLERANCE
                    ? Countable.notYetValid(token.issuedAt(), now)
                    : null;
        }

        private Verdict verifyUse(EventToken token, Event event) {
            Optional<EventType> type = event.type() == null ? Optional.empty() : EventType.named(event.type());
            if (type.isEmpty()) {
                return new Rejected(
                        Code.TYPE_UNKNOWN,
                        "type is %s; the types are %s".formatted(Shown.of(event.type()), List.of(EventType.values())));
            }
            if (!token.grants(type.get())) {
                return new Rejected(Code.TYPE_NOT_GRANTED, "the token's evt does not grant %s".formatted(type.get()));
            }
            String misfit = eventKey.misfit(type.get(), event.key());
            if (misfit != null) {
                return new Rejected(Code.KEY_INVALID, misfit);
            }
            return priced(token, type.get(), event.key());
        }

        private Verdict priced(EventToken token, EventType type, @Nullable String key) {
            long mark = eventKey.secondsAfterIssue(type, key);
            long earliest = mark > 0 ? token.issuedAt() + mark : token.issuedAt() - Countable.CLOCK_TOLERANCE;
            RateCard card = catalog.cardAt(token.issuedAt());
            Optional<Rate> rate = card.rate(type);
            if (rate.isEmpty()) {
                return new Rejected(
                        Code.TYPE_UNKNOWN, "rate card %d has no price for %s".formatted(card.version(), type));
            }
            long units = rate.get().units(token.quantity());
            String publisher = token.kid().publisher();
            Countable countable = new Countable(
                    identity.of(publisher, token.jti(), type, key == null ? "" : key),
                    new EngageField(publisher, token.creator(), token.article(), type, card.version()),
                    units,
                    rate.get().price(units).value(),
                    token.issuedAt(),
                    token.expiresAt(),
                    earliest);
            return now + behind < earliest ? countable.tooEarly(now) : countable;
        }
    }
}
