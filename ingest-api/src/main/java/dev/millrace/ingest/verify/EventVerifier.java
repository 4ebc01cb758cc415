package dev.millrace.ingest.verify;

import com.google.common.util.concurrent.RateLimiter;
import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.key.HmacSha256;
import dev.millrace.common.key.IdentityKey;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.common.token.Kid;
import dev.millrace.ingest.filter.Filters;
import dev.millrace.ingest.page.PageVisitors;
import dev.millrace.ingest.referrer.Referrers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Judges the events of a request, each by itself: form, kid, signature, claims, times, type, key, the publisher's state and list, in this order. Thread-safe.
 *
 * <p>A payload is not parsed before its signature holds, so that a stranger's token costs one hash and no more.
 */
public final class EventVerifier {
    private static final Logger log = LoggerFactory.getLogger(EventVerifier.class);

    private final MasterKeys masterKeys;

    /** A line a minute about keys whose master key is missing. */
    private final RateLimiter complaints = RateLimiter.create(1.0 / 60);

    /** Keys by kid; only live kids get here, so the catalogue bounds it. */
    private final Map<Kid, HmacSha256> live = new ConcurrentHashMap<>();

    private final EventRules rules;
    private final EventRules dryRules;
    private final PageVisitors visitors;

    /**
     * @param lifetime most that {@code exp - iat} may be
     * @param reactions keys a reaction may have
     * @param filters find out what is no reader's
     * @param audience what {@code aud} must hold where a token has one
     * @param visitors of pages that hold a page token
     * @param behind most that the estimate of Redis' clock runs behind it; whole seconds are judged by, so it is rounded up, and one is added
     */
    public EventVerifier(
            MasterKeys masterKeys,
            IdentityKey identities,
            Duration lifetime,
            Set<String> reactions,
            Filters filters,
            String audience,
            PageVisitors visitors,
            Duration behind) {
        this.masterKeys = masterKeys;
        this.visitors = visitors;
        this.rules = new EventRules(
                identities,
                lifetime.toSeconds(),
                reactions,
                Referrers.builtIn(),
                filters,
                audience,
                Math.ceilDiv(behind.toMillis(), 1_000) + 1);
        this.dryRules = rules.with(filters.withoutNotes());
    }

    /**
     * Judges the events of a request.
     *
     * @param sender of the request
     * @param now estimate of Redis' clock, Unix seconds, not ahead of it
     * @throws CountersUnavailableException when one is well signed under a key that the catalogue does not have yet, or is of a key whose master
     *     key this node does not have
     */
    public Verified verify(List<Event> events, Sender sender, Catalog catalog, long now) {
        return verify(events, new Run(rules, sender, catalog, now));
    }

    /** The same for events that are not sent to be counted: no filter notes them. */
    public Verified foresee(List<Event> events, Sender sender, Catalog catalog, long now) {
        return verify(events, new Run(dryRules, sender, catalog, now));
    }

    private static Verified verify(List<Event> events, Run run) {
        for (Event event : events) {
            run.verdicts.add(run.verify(event));
            run.kids.add(run.known);
        }
        return new Verified(run.verdicts, run.carried, run.byPage, run.kids);
    }

    /**
     * Exchanges a page token for the event token that this sender's page goes on with.
     *
     * @param sender of the request
     * @param now estimate of Redis' clock, Unix seconds, not ahead of it
     * @throws CountersUnavailableException as above
     */
    public PageExchange exchange(@Nullable String token, Sender sender, Catalog catalog, long now) {
        return new Run(rules, sender, catalog, now).exchange(token);
    }

    /**
     * The verdicts on the events of a request.
     *
     * @param verdicts one an event, in their order
     * @param carried the search visits that views carry, by the places of the views
     * @param byPage the places of the views that a page token itself was sent with
     * @param kids the key that each event's token names, where the catalogue has it: whether it signs or no longer does, and whether the token's
     *     signature holds or not
     */
    public record Verified(
            List<Verdict> verdicts, Map<Integer, PricedEvent> carried, Set<Integer> byPage, List<@Nullable Kid> kids) {}

    private record Signed(Kid kid, Claims claims) {}

    /** The state that the events of one request share. Not thread-safe. */
    private final class Run {
        private final EventRules rules;
        private final Sender sender;
        private final Catalog catalog;
        private final long now;
        private final List<Verdict> verdicts = new ArrayList<>();
        private final Map<Integer, PricedEvent> carried = new HashMap<>();
        private final Set<Integer> byPage = new HashSet<>();
        private final List<@Nullable Kid> kids = new ArrayList<>();

        /** The key that the token in hand names, where the catalogue has it. */
        private @Nullable Kid known;

        /** All tokens that one server mints under one key have the same header, so it is parsed once in a row of them. */
        private byte @Nullable [] lastHeader;

        private @Nullable Kid lastKid;

        /** Tokens of one kid in a row share a calculation. */
        private HmacSha256.@Nullable Calculation calculation;

        private @Nullable Kid calculated;

        Run(EventRules rules, Sender sender, Catalog catalog, long now) {
            this.rules = rules;
            this.sender = sender;
            this.catalog = catalog;
            this.now = now;
        }

        Verdict verify(Event event) {
            try {
                Signed signed = signed(event.token());
                String publisher = signed.kid().publisher();
                Claims claims = signed.claims().of(publisher);
                if (claims.page()) {
                    rules.requirePage(claims, sender, catalog.limits(publisher), now);
                    EventRules.requireView(event.type());
                    claims = readBy(publisher, claims);
                    byPage.add(verdicts.size());
                }
                Verdict verdict = rules.judge(publisher, claims, event, sender, catalog, now);
                if (verdict instanceof PricedEvent view) {
                    rules.carried(view, claims, catalog).ifPresent(visit -> carried.put(verdicts.size(), visit));
                }
                return verdict;
            } catch (RejectedException e) {
                return e.outcome();
            }
        }

        PageExchange exchange(@Nullable String token) {
            try {
                Signed signed = signed(token);
                String publisher = signed.kid().publisher();
                Claims claims = signed.claims().of(publisher);
                if (!claims.page()) {
                    throw RejectedException.malformed(
                            "pag is not true, so this is no page token; send it to POST /v1/events as it is");
                }
                rules.requirePage(claims, sender, catalog.limits(publisher), now);
                EventRules.requireAllowed(publisher, claims.creator(), catalog.limits(publisher), now);
                Claims read = readBy(publisher, claims);
                return new PageExchange.Made(
                        ExchangedToken.sign(
                                signed.kid(),
                                signingKey(signed.kid()),
                                signed.claims().creator(),
                                read),
                        read.expiresAt(),
                        signed.kid());
            } catch (RejectedException e) {
                return new PageExchange.Refused(e.outcome(), known);
            }
        }

        private Claims readBy(String publisher, Claims page) {
            return page.readBy(
                    visitors.visitor(publisher, sender.address(), sender.userAgent(), now),
                    sender,
                    now,
                    rules.exchangedLifetime());
        }

        /** A token whose signature holds, and its claims as they stand there. */
        private Signed signed(@Nullable String token) throws RejectedException {
            known = null;
            if (token == null) {
                throw RejectedException.malformed("token is missing");
            }
            CompactJws jws = CompactJws.split(token);
            Kid kid = kid(jws);
            requireSigned(kid, jws);
            return new Signed(kid, Claims.read(jws.payload()));
        }

        private Kid kid(CompactJws jws) throws RejectedException {
            Kid kid = lastKid;
            if (kid == null || !jws.hasHeader(lastHeader)) {
                kid = jws.kid();
                lastHeader = jws.header();
                lastKid = kid;
            }
            return kid;
        }

        private void requireSigned(Kid kid, CompactJws jws) throws RejectedException {
            Catalog.KeyState state = catalog.state(kid);
            if (state == Catalog.KeyState.LIVE || state == Catalog.KeyState.REVOKED) {
                known = kid;
            }
            if (state == Catalog.KeyState.REVOKED) {
                throw new RejectedException(RejectionCode.KEY_REVOKED, "kid %s is revoked", kid);
            }
            if (state == Catalog.KeyState.LIVE) {
                requireSigned(kid, catalog.terms(kid), jws);
            } else {
                // A stranger has no such signature, so strangers can't cause a 503.
                if (state == Catalog.KeyState.NEWER && isSignedUnderAnyMasterKey(kid, jws)) {
                    throw new CountersUnavailableException(
                            "kid %s is newer than what this node knows of keys; if it stays so, that key was never made"
                                    .formatted(kid));
                }
                throw new RejectedException(RejectionCode.KEY_UNKNOWN, "kid %s is not known", kid);
            }
        }

        private void requireSigned(Kid kid, Catalog.Terms terms, CompactJws jws) throws RejectedException {
            if (terms.isOver(now)) {
                throw new RejectedException(
                        RejectionCode.KEY_REVOKED,
                        "kid %s expired at %s",
                        kid,
                        Instant.ofEpochSecond(Objects.requireNonNull(terms.expires())));
            }
            if (!jws.isSignedWith(calculation(kid, terms.master()))) {
                throw new RejectedException(RejectionCode.TOKEN_SIGNATURE, "the signature is not that of kid %s", kid);
            }
        }

        /** The catalogue does not say yet under which one a newer kid was made. */
        private boolean isSignedUnderAnyMasterKey(Kid kid, CompactJws jws) {
            return masterKeys.all().stream()
                    .anyMatch(master -> jws.isSignedWith(key(kid, master).calculation()));
        }

        private HmacSha256.Calculation calculation(Kid kid, int master) {
            HmacSha256.Calculation ready = calculation;
            if (ready == null || !kid.equals(calculated)) {
                ready = liveKey(kid, master).calculation();
                calculation = ready;
                calculated = kid;
            }
            return ready;
        }

        private HmacSha256 signingKey(Kid kid) {
            return liveKey(kid, catalog.terms(kid).master());
        }
    }

    private HmacSha256 liveKey(Kid kid, int master) {
        return live.computeIfAbsent(kid, _ -> key(kid, master(kid, master)));
    }

    /** @throws CountersUnavailableException when this node does not have it: only an operator can give it one */
    private MasterKey master(Kid kid, int version) {
        return masterKeys.version(version).orElseThrow(() -> {
            String why = "kid %s was made under master key v%d, which this node does not have; it has %s (%s)"
                    .formatted(kid, version, masterKeys, MasterKeys.VARIABLE);
            if (complaints.tryAcquire()) {
                log.error("Events are refused: {}", why);
            }
            return new CountersUnavailableException(why);
        });
    }

    private static HmacSha256 key(Kid kid, MasterKey master) {
        return new HmacSha256(master.publisherSecret(kid).getBytes(StandardCharsets.US_ASCII));
    }
}
