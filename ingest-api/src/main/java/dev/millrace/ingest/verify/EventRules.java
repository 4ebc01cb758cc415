package dev.millrace.ingest.verify;

import static dev.millrace.ingest.verify.PricedEvent.CLOCK_TOLERANCE;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Rate;
import dev.millrace.common.catalog.RateCard;
import dev.millrace.common.identity.IdentityHash;
import dev.millrace.common.token.EventType;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an event may earn under a token whose signature and claims hold: audience, times, type, key, price, in this order.
 *
 * <p>The second that it judges by is an estimate of Redis' clock that runs behind it, so an {@code exp} that has passed here
 * has passed there (but for the half second after that clock was set back). What is close is left to the script, which reads
 * the clock itself.
 *
 * @param lifetime most seconds that {@code exp - iat} may be
 * @param audience what {@code aud} must hold where a token has one
 * @param behind seconds; what is early by no more than that is left to the script
 */
record EventRules(
        IdentityHash identities,
        long lifetime,
        EventKey eventKey,
        SearchEngines searchEngines,
        String audience,
        long behind) {
    /**
     * For so many seconds after a rate card began, tokens that were issued before it are paid by the card before it. A reader's
     * token is mostly used within them; a publisher that dates its tokens back gains no more than them.
     */
    static final long PRICE_GRACE = 900;

    Verdict judge(String publisher, Claims claims, Event event, Catalog catalog, long now) {
        Rejected untimely = untimely(claims, now);
        if (untimely != null) {
            return untimely;
        }
        Optional<EventType> type = event.type() == null ? Optional.empty() : EventType.named(event.type());
        if (type.isEmpty()) {
            return new Rejected(
                    RejectionCode.TYPE_UNKNOWN,
                    "type is %s; the types are %s".formatted(Shown.of(event.type()), List.of(EventType.values())));
        }
        Rejected misused = misused(claims, type.get(), event.key());
        return misused != null ? misused : priced(publisher, claims, type.get(), event.key(), catalog, now);
    }

    private @Nullable Rejected untimely(Claims claims, long now) {
        if (!claims.isFor(audience)) {
            return new Rejected(
                    RejectionCode.TOKEN_AUDIENCE,
                    "the token's aud does not hold \"%s\"; leave aud out, or add it".formatted(audience));
        }
        long lives = claims.expiresAt() - claims.issuedAt();
        if (lives < 1 || lives > lifetime) {
            return new Rejected(
                    RejectionCode.TOKEN_LIFETIME,
                    "exp - iat is %d s; 1 to %d s are accepted".formatted(lives, lifetime));
        }
        if (now >= claims.expiresAt()) {
            return PricedEvent.expired(claims.expiresAt(), now);
        }
        return Math.max(claims.issuedAt(), claims.notBefore()) > now + behind + CLOCK_TOLERANCE
                ? PricedEvent.notYetValid(claims.issuedAt(), claims.notBefore(), now)
                : null;
    }

    private @Nullable Rejected misused(Claims claims, EventType type, @Nullable String key) {
        if (!claims.grants(type)) {
            return new Rejected(RejectionCode.TYPE_NOT_GRANTED, "the token's evt does not grant %s".formatted(type));
        }
        String misfit = eventKey.misfit(type, key);
        if (misfit != null) {
            return new Rejected(RejectionCode.KEY_INVALID, misfit);
        }
        String referrer = claims.referrer();
        boolean isSearch = type != EventType.SEARCH_VISIT || (referrer != null && searchEngines.have(referrer));
        return isSearch
                ? null
                : new Rejected(
                        RejectionCode.REFERRER_NOT_SEARCH,
                        "ref is %s; search_visit takes the address of a search engine's page"
                                .formatted(Shown.of(referrer)));
    }

    private Verdict priced(
            String publisher, Claims claims, EventType type, @Nullable String key, Catalog catalog, long now) {
        RateCard card = card(catalog, claims.issuedAt(), now);
        Optional<Rate> rate = card.rate(type);
        if (rate.isEmpty()) {
            return new Rejected(
                    RejectionCode.TYPE_UNKNOWN, "rate card %d has no price for %s".formatted(card.version(), type));
        }
        long units = rate.get().units(claims.quantity());
        long mark = eventKey.secondsAfterIssue(type, key);
        PricedEvent priced = new PricedEvent(
                publisher,
                claims.creator(),
                claims.article(),
                type,
                card.version(),
                units,
                rate.get().price(units).value(),
                claims.issuedAt(),
                claims.notBefore(),
                claims.expiresAt(),
                Math.max(claims.issuedAt() + mark, claims.notBefore()) - CLOCK_TOLERANCE,
                identity(publisher, claims, type, key == null ? "" : key));
        return now + behind < priced.earliest() ? priced.tooEarly(now) : priced;
    }

    /**
     * The card that prices a token: the one in force at its {@code iat}, but no older than the one in force 15 minutes ago, and
     * no later than the one in force now. So nobody gets a future price by dating ahead, and an old price goes on for at most
     * 15 minutes, however far tokens are dated back.
     */
    private static RateCard card(Catalog catalog, long issuedAt, long now) {
        return catalog.cardAt(Math.clamp(issuedAt, now - PRICE_GRACE, now));
    }

    private long identity(String publisher, Claims claims, EventType type, String key) {
        String visitor = claims.visitor();
        boolean once = type == EventType.REACTION || type == EventType.SEARCH_VISIT;
        return once && visitor != null
                ? identities.ofVisitor(publisher, claims.creator(), claims.article(), type, key, visitor)
                : identities.ofToken(publisher, claims.creator(), type, key, claims.jti());
    }
}
