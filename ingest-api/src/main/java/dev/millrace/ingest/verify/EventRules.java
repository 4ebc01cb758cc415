package dev.millrace.ingest.verify;

import static dev.millrace.ingest.verify.PricedEvent.CLOCK_TOLERANCE;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Limits;
import dev.millrace.common.catalog.Rate;
import dev.millrace.common.catalog.RateCard;
import dev.millrace.common.key.IdentityKey;
import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Filter;
import dev.millrace.common.token.Note;
import dev.millrace.common.token.Sandbox;
import dev.millrace.common.token.Source;
import dev.millrace.ingest.filter.Filters;
import dev.millrace.ingest.filter.Visit;
import dev.millrace.ingest.referrer.Referrers;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an event may earn under a token whose signature and claims hold: audience, times, type, key, price, the publisher's
 * state and list of creators, in this order.
 *
 * <p>The second that it judges by is an estimate of Redis' clock that runs behind it, so an {@code exp} that has passed here
 * has passed there (but for the half second after that clock was set back). What is close is left to the script, which reads
 * the clock itself.
 *
 * @param lifetime most seconds that {@code exp - iat} may be
 * @param reactions the keys that a reaction may have
 * @param referrers classify them
 * @param filters find out what is no reader's
 * @param audience what {@code aud} must hold where a token has one
 * @param behind seconds; the script judges events that are early by no more than that
 */
record EventRules(
        IdentityKey identities,
        long lifetime,
        Set<String> reactions,
        Referrers referrers,
        Filters filters,
        String audience,
        long behind) {
    /**
     * For so many seconds after a rate card began, tokens that were issued before it are paid by the card before it. A reader's
     * token is mostly used within them; a publisher that dates its tokens back gains no more than them.
     */
    static final long PRICE_GRACE = 900;

    /** Most seconds that {@code exp - iat} of a page token may be: it is written into pages that stay as they are for long. */
    static final long PAGE_LIFETIME = 400 * 86_400L;

    /** Most seconds that a token lives which a page token is exchanged for. */
    static final long EXCHANGED_LIFETIME = 7_200;

    private static final Set<String> SCROLL_MARKS = Set.of("25", "50", "75", "100");
    private static final Pattern WHOLE = Pattern.compile("[1-9][0-9]{1,2}");

    /** Most seconds of reading that a token pays, so that a tab left open does not earn on: 20 marks. */
    private static final int MOST_READ = 300;

    /** The same rules with other filters. */
    EventRules with(Filters others) {
        return new EventRules(identities, lifetime, reactions, referrers, others, audience, behind);
    }

    Verdict judge(String publisher, Claims claims, Event event, Sender sender, Catalog catalog, long now)
            throws RejectedException {
        requireTimely(claims, lifetime, now);
        EventType type = Optional.ofNullable(event.type())
                .flatMap(EventType::named)
                .orElseThrow(() -> new RejectedException(
                        RejectionCode.TYPE_UNKNOWN,
                        "type is %s; the types are %s",
                        JsonBytes.shown(event.type()),
                        List.of(EventType.values())));
        requireGranted(claims, type, event.key());
        PricedEvent priced = priced(publisher, claims, type, event, catalog, now);
        return filters.judge(visit(publisher, claims, event, sender, catalog.limits(publisher)), now)
                .map(filter -> filtered(priced, filter, claims, event.key()))
                .orElse(priced);
    }

    /** Whether a page token may be used now, by this sender. */
    void requirePage(Claims claims, Sender sender, Limits limits, long now) throws RejectedException {
        requireTimely(claims, PAGE_LIFETIME, now);
        if (!limits.pageTokens()) {
            throw new RejectedException(
                    RejectionCode.PAGE_TOKENS_OFF,
                    "the publisher has page tokens switched off; an operator switches them on");
        }
        if (sender.origin() == null || !limits.sites().contains(sender.origin())) {
            throw new RejectedException(
                    RejectionCode.ORIGIN_NOT_LISTED,
                    "the request's Origin, or else that of its Referer, is %s; page tokens count for the publisher's sites alone",
                    JsonBytes.shown(sender.origin()));
        }
    }

    /** A page token itself is for a view alone: for all else its reader must be the same for a while. */
    static void requireView(@Nullable String type) throws RejectedException {
        EventType known = Optional.ofNullable(type).flatMap(EventType::named).orElse(EventType.VIEW);
        if (known != EventType.VIEW) {
            throw new RejectedException(
                    RejectionCode.TYPE_NOT_GRANTED,
                    "a page token does not grant %s itself; exchange it at POST /v1/page for an event token%s",
                    known,
                    known.grantedByPage() ? "" : ", which grants it where the page token's evt names it");
        }
    }

    /** How long a token lives that a page token is exchanged for, in seconds. */
    long exchangedLifetime() {
        return Math.min(lifetime, EXCHANGED_LIFETIME);
    }

    private void requireTimely(Claims claims, long most, long now) throws RejectedException {
        if (!claims.isFor(audience)) {
            throw new RejectedException(
                    RejectionCode.TOKEN_AUDIENCE,
                    "the token's aud does not hold \"%s\"; leave aud out, or add it",
                    audience);
        }
        long lives = claims.expiresAt() - claims.issuedAt();
        if (lives < 1 || lives > most) {
            throw new RejectedException(
                    RejectionCode.TOKEN_LIFETIME, "exp - iat is %d s; 1 to %d s are accepted", lives, most);
        }
        if (now >= claims.expiresAt()) {
            throw PricedEvent.expired(claims.expiresAt(), now);
        }
        if (Math.max(claims.issuedAt(), claims.notBefore()) > now + behind + CLOCK_TOLERANCE) {
            throw PricedEvent.notYetValid(claims.issuedAt(), claims.notBefore(), now);
        }
    }

    private void requireGranted(Claims claims, EventType type, @Nullable String key) throws RejectedException {
        if (!claims.grants(type)) {
            throw new RejectedException(
                    RejectionCode.TYPE_NOT_GRANTED,
                    "the %s's evt does not grant %s",
                    claims.exchanged() ? "page token" : "token",
                    type);
        }
        String rule = broken(type, key);
        if (rule != null) {
            throw new RejectedException(RejectionCode.KEY_INVALID, "key is %s; %s", JsonBytes.shown(key), rule);
        }
        String referrer = claims.referrer();
        if (type == EventType.SEARCH_VISIT && !isSearch(referrer)) {
            throw new RejectedException(
                    RejectionCode.REFERRER_NOT_SEARCH,
                    "ref is %s; search_visit takes the address of a search engine's page, not of its advertisements",
                    JsonBytes.shown(referrer));
        }
    }

    /** The rule that this key breaks, or null when it fits the type: keys are few, so that one token can't pay without end. */
    private @Nullable String broken(EventType type, @Nullable String key) {
        return switch (type.key()) {
            case PERCENT -> key != null && SCROLL_MARKS.contains(key) ? null : type + " takes 25, 50, 75 or 100";
            case SECONDS ->
                key != null && isReadMark(key)
                        ? null
                        : "%s takes a multiple of %d from %d to %d (seconds)"
                                .formatted(type, EventType.READ_STEP, EventType.READ_STEP, MOST_READ);
            case REACTION ->
                key != null && reactions.contains(key)
                        ? null
                        : type + " takes one of " + reactions.stream().sorted().toList();
            case NONE -> key == null ? null : type + " takes none";
        };
    }

    private static boolean isReadMark(String key) {
        return WHOLE.matcher(key).matches()
                && Integer.parseInt(key) % EventType.READ_STEP == 0
                && Integer.parseInt(key) <= MOST_READ;
    }

    private boolean isSearch(@Nullable String referrer) {
        return referrers.classify(referrer).orElse(null) == Source.SEARCH;
    }

    private PricedEvent priced(String publisher, Claims claims, EventType type, Event event, Catalog catalog, long now)
            throws RejectedException {
        String key = event.key();
        RateCard card = card(catalog, publisher, claims.issuedAt(), now);
        Rate rate = card.rate(type)
                .orElseThrow(() -> new RejectedException(
                        RejectionCode.TYPE_UNKNOWN, "rate card %d has no price for %s", card.version(), type));
        long units = rate.units(claims.quantity());
        long mark = type.key() == EventType.Key.SECONDS && key != null ? Integer.parseInt(key) : 0;
        PricedEvent priced = new PricedEvent(
                new EngagementName(
                        publisher,
                        claims.creator(),
                        claims.article(),
                        type,
                        note(type, claims, event, catalog.limits(publisher)),
                        card.version()),
                units,
                rate.price(units).value(),
                claims.issuedAt(),
                claims.notBefore(),
                claims.expiresAt(),
                Math.max(claims.issuedAt() + mark, claims.notBefore()) - CLOCK_TOLERANCE,
                identity(publisher, claims, type, key == null ? "" : key),
                claims.visitor() == null ? 0 : identities.visitor(publisher, claims.visitor()));
        if (now + behind < priced.earliest()) {
            throw priced.early(now);
        }
        requireAllowed(publisher, claims.creator(), catalog.limits(publisher), now);
        return priced;
    }

    /** From where the reader came, and whether it is known who read. */
    private Note note(EventType type, Claims claims, Event event, Limits limits) {
        boolean visitor = claims.visitor() != null;
        return switch (type) {
            case VIEW -> Note.of(source(claims, event, limits).orElse(null), visitor);
            case READ -> Note.of(null, visitor);
            default -> Note.NONE;
        };
    }

    /** The publisher's server knows it best. */
    private Optional<Source> source(Claims claims, Event event, Limits limits) {
        String referrer = claims.referrer() == null ? event.referrer() : claims.referrer();
        return referrers.classify(referrer, null, limits.sites());
    }

    /**
     * A browser tells of its reader; any other sender does by what it has signed. Who reads a page with a page token is a browser, even where the
     * request does not show it.
     */
    private static Visit visit(String publisher, Claims claims, Event event, Sender sender, Limits limits) {
        String creator = claims.creator();
        return new Visit(
                sender.browser() || claims.exchanged(),
                sender.browser() ? sender.userAgent() : claims.userAgent(),
                sender.browser() ? sender.address() : claims.address(),
                sender.purpose(),
                event.automated(),
                publisher,
                claims.exchanged() ? null : claims.visitor(),
                Sandbox.isCreator(creator) ? creator.substring(Sandbox.CREATOR.length()) : creator,
                claims.jti(),
                limits.filters());
    }

    /** It costs nothing, and leaves the identity to the reader who comes after it. */
    private PricedEvent filtered(PricedEvent event, Filter filter, Claims claims, @Nullable String key) {
        EngagementName name = event.name();
        return new PricedEvent(
                name.with(Note.filtered(filter)),
                event.units(),
                0,
                event.issuedAt(),
                event.notBefore(),
                event.expiresAt(),
                event.earliest(),
                identities.ofFiltered(
                        name.publisher(), name.creator(), name.type(), key == null ? "" : key, claims.jti()),
                0);
    }

    /** The search visit that a view carries, where its token grants one and has the address of a search engine's page. */
    Optional<PricedEvent> carried(PricedEvent view, Claims claims, Catalog catalog) {
        EngagementName name = view.name();
        if (name.type() != EventType.VIEW
                || !name.note().isPaid()
                || !claims.grants(EventType.SEARCH_VISIT)
                || !isSearch(claims.referrer())) {
            return Optional.empty();
        }
        return catalog.card(name.rateVersion())
                .flatMap(card -> card.rate(EventType.SEARCH_VISIT))
                .map(rate -> new PricedEvent(
                        new EngagementName(
                                name.publisher(),
                                name.creator(),
                                name.article(),
                                EventType.SEARCH_VISIT,
                                name.rateVersion()),
                        rate.units(1),
                        rate.price(rate.units(1)).value(),
                        view.issuedAt(),
                        view.notBefore(),
                        view.expiresAt(),
                        view.earliest(),
                        identity(name.publisher(), claims, EventType.SEARCH_VISIT, ""),
                        0));
    }

    static void requireAllowed(String publisher, String creator, Limits limits, long now) throws RejectedException {
        if (limits.isSuspended(now)) {
            throw new RejectedException(RejectionCode.PUBLISHER_SUSPENDED, "publisher %s is suspended", publisher);
        }
        if (!limits.allows(creator)) {
            throw new RejectedException(
                    RejectionCode.CREATOR_NOT_LISTED,
                    "publisher %s keeps a list of its creators, and %s is not on it",
                    publisher,
                    creator);
        }
    }

    /**
     * The card that prices a token: the one in force at its {@code iat}, but no older than the one in force 15 minutes ago, and
     * no later than the one in force now. So nobody gets a future price by dating ahead, and an old price goes on for at most
     * 15 minutes, however far tokens are dated back.
     */
    private static RateCard card(Catalog catalog, String publisher, long issuedAt, long now) {
        return catalog.cardAt(publisher, Math.clamp(issuedAt, now - PRICE_GRACE, now));
    }

    private long identity(String publisher, Claims claims, EventType type, String key) {
        String visitor = claims.visitor();
        return type.oncePerVisitor() && visitor != null
                ? identities.ofVisitor(publisher, claims.creator(), claims.article(), type, key, visitor)
                : identities.ofToken(publisher, claims.creator(), type, key, claims.jti());
    }
}
