package dev.millrace.ingest.verify;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.key.HmacSha256;
import dev.millrace.common.key.IdentityKey;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.token.Kid;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Judges the events of a request, each by itself: form, kid, signature, claims, times, type, key, in this order. Thread-safe.
 *
 * <p>A payload is not parsed before its signature holds, so that what a stranger sends costs one hash and no more.
 */
public final class EventVerifier {
    private final MasterKey masterKey;

    /** Keys by kid; only live kids get here, so the catalogue bounds it. */
    private final Map<Kid, HmacSha256> live = new ConcurrentHashMap<>();

    private final EventRules rules;

    /**
     * @param lifetime most that {@code exp - iat} may be
     * @param reactions keys a reaction may have
     * @param audience what {@code aud} must hold where a token has one
     * @param behind most that the estimate of Redis' clock runs behind it; whole seconds are judged by, so it is rounded up, and one is added
     */
    public EventVerifier(
            MasterKey masterKey,
            IdentityKey identities,
            Duration lifetime,
            Set<String> reactions,
            String audience,
            Duration behind) {
        this.masterKey = masterKey;
        this.rules = new EventRules(
                identities,
                lifetime.toSeconds(),
                reactions,
                SearchEngines.builtIn(),
                audience,
                Math.ceilDiv(behind.toMillis(), 1_000) + 1);
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

        /** All tokens that one server mints under one key have the same header, so it is parsed once in a row of them. */
        private byte @Nullable [] lastHeader;

        private @Nullable Kid lastKid;

        /** Tokens of one kid in a row share a calculation. */
        private HmacSha256.@Nullable Calculation calculation;

        private @Nullable Kid calculated;

        Run(Catalog catalog, long now) {
            this.catalog = catalog;
            this.now = now;
        }

        Verdict verify(Event event) {
            if (event.token() == null) {
                return Outcome.rejected(RejectionCode.TOKEN_MALFORMED, "token is missing");
            }
            try {
                CompactJws jws = CompactJws.split(event.token());
                Kid kid = kid(jws);
                Verdict refusal = refusal(kid, jws);
                return refusal != null
                        ? refusal
                        : rules.judge(kid.publisher(), Claims.read(jws.payload()), event, catalog, now);
            } catch (MalformedTokenException e) {
                return Outcome.rejected(RejectionCode.TOKEN_MALFORMED, e.detail());
            }
        }

        private Kid kid(CompactJws jws) throws MalformedTokenException {
            Kid kid = lastKid;
            if (kid == null || !jws.hasHeader(lastHeader)) {
                kid = jws.kid();
                lastHeader = jws.header();
                lastKid = kid;
            }
            return kid;
        }

        /** Why a token under this kid goes no further, or null when it is signed by a live key. */
        private @Nullable Verdict refusal(Kid kid, CompactJws jws) {
            return switch (catalog.state(kid)) {
                case UNKNOWN -> unknown(kid);
                case REVOKED -> Outcome.rejected(RejectionCode.KEY_REVOKED, "kid %s is revoked".formatted(kid));
                // A stranger has no such signature, so strangers can't cause the 503 that this verdict becomes.
                case NEWER -> jws.isSignedWith(calculation(kid, false)) ? new Verdict.NotYetKnown(kid) : unknown(kid);
                case LIVE ->
                    jws.isSignedWith(calculation(kid, true))
                            ? null
                            : Outcome.rejected(
                                    RejectionCode.TOKEN_SIGNATURE,
                                    "the signature is not that of kid %s".formatted(kid));
            };
        }

        private HmacSha256.Calculation calculation(Kid kid, boolean isLive) {
            HmacSha256.Calculation ready = calculation;
            if (ready == null || !kid.equals(calculated)) {
                ready = (isLive ? live.computeIfAbsent(kid, EventVerifier.this::key) : key(kid)).calculation();
                calculation = ready;
                calculated = kid;
            }
            return ready;
        }
    }

    private HmacSha256 key(Kid kid) {
        return new HmacSha256(masterKey.publisherSecret(kid).getBytes(StandardCharsets.US_ASCII));
    }

    private static Outcome unknown(Kid kid) {
        return Outcome.rejected(RejectionCode.KEY_UNKNOWN, "kid %s is not known".formatted(kid));
    }
}
