package dev.millrace.ingest.verify;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.key.HmacSha256;
import dev.millrace.common.key.PublisherKeys;
import dev.millrace.common.token.Kid;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Judges who signed a token: the key's state in the catalogue, and the signature under it. Thread-safe. */
final class SigningKeys {
    private final PublisherKeys publisherKeys;

    /** By kid; only live kids get here, so the catalogue bounds it. */
    private final Map<Kid, HmacSha256> live = new ConcurrentHashMap<>();

    SigningKeys(PublisherKeys publisherKeys) {
        this.publisherKeys = publisherKeys;
    }

    /** Begins with a request's tokens, by what is in force now. */
    Run run(Catalog catalog) {
        return new Run(catalog);
    }

    private HmacSha256 key(Kid kid) {
        return new HmacSha256(publisherKeys.secret(kid).getBytes(StandardCharsets.US_ASCII));
    }

    /** Judges one token after the other; those of one kid in a row share a calculation. Not thread-safe. */
    final class Run {
        private final Catalog catalog;
        private @Nullable Kid current;
        private HmacSha256.@Nullable Calculation calculation;

        private Run(Catalog catalog) {
            this.catalog = catalog;
        }

        /** Why a token under this kid goes no further, or null when it is signed by a live key. */
        @Nullable
        Verdict refusal(Kid kid, CompactJws jws) {
            return switch (catalog.state(kid)) {
                case UNKNOWN -> unknown(kid);
                case REVOKED -> new Rejected(RejectionCode.KEY_REVOKED, "kid %s is revoked".formatted(kid));
                // A stranger has no such signature, so strangers can't cause the 503 that this verdict becomes.
                case NEWER -> jws.isSignedWith(calculation(kid, false)) ? new NotYetKnown(kid) : unknown(kid);
                case LIVE ->
                    jws.isSignedWith(calculation(kid, true))
                            ? null
                            : new Rejected(
                                    RejectionCode.TOKEN_SIGNATURE,
                                    "the signature is not that of kid %s".formatted(kid));
            };
        }

        private HmacSha256.Calculation calculation(Kid kid, boolean isLive) {
            HmacSha256.Calculation ready = calculation;
            if (ready == null || !kid.equals(current)) {
                HmacSha256 key = isLive ? live.computeIfAbsent(kid, SigningKeys.this::key) : key(kid);
                ready = key.calculation();
                calculation = ready;
                current = kid;
            }
            return ready;
        }
    }

    private static Rejected unknown(Kid kid) {
        return new Rejected(RejectionCode.KEY_UNKNOWN, "kid %s is not known".formatted(kid));
    }
}
