package dev.millrace.ingest.verify;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.key.HmacSha256;
import dev.millrace.common.key.PublisherKeys;
import dev.millrace.common.token.Kid;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Verifies event tokens: form, kid, signature, claims, in this order. Thread-safe.
 *
 * <p>The payload is not parsed before its signature holds, so that what a stranger sends costs one hash and no more.
 */
final class TokenVerifier {
    private final PublisherKeys publisherKeys;
    private final KnownHeaders headers = new KnownHeaders();

    /** By kid; only live kids get here, so the catalogue bounds it. */
    private final Map<Kid, HmacSha256> keys = new ConcurrentHashMap<>();

    TokenVerifier(PublisherKeys publisherKeys) {
        this.publisherKeys = publisherKeys;
    }

    /** What verification found. */
    sealed interface Result {
        record Valid(EventToken token) implements Result {}

        record Invalid(Rejected rejected) implements Result {}
    }

    /** Begins with a request's tokens, by what is in force now. */
    Run run(Catalog catalog) {
        return new Run(catalog);
    }

    private HmacSha256 key(Kid kid) {
        return keys.computeIfAbsent(
                kid, k -> new HmacSha256(publisherKeys.secret(k).getBytes(StandardCharsets.US_ASCII)));
    }

    /** Verifies one token after the other; those of one kid in a row share a calculation. Not thread-safe. */
    final class Run {
        private final Catalog catalog;
        private @Nullable Kid current;
        private HmacSha256.@Nullable Calculation hmac;

        private Run(Catalog catalog) {
            this.catalog = catalog;
        }

        Result verify(Slice token) {
            try {
                CompactJws jws = CompactJws.split(token);
                Kid known = headers.kid(jws.header());
                Kid kid = known != null ? known : TokenHeader.kid(jws.headerJson());
                return switch (catalog.state(kid)) {
                    case UNKNOWN -> invalid(Code.KEY_UNKNOWN, "kid %s is not known".formatted(kid));
                    case REVOKED -> invalid(Code.KEY_REVOKED, "kid %s is revoked".formatted(kid));
                    case LIVE -> {
                        Result result = verifySigned(jws, kid);
                        if (known == null && result instanceof Result.Valid) {
                            headers.remember(jws.header(), kid);
                        }
                        yield result;
                    }
                };
            } catch (MalformedToken e) {
                return invalid(Code.TOKEN_MALFORMED, e.detail());
            }
        }

        private Result verifySigned(CompactJws jws, Kid kid) throws MalformedToken {
            if (!jws.isSignedWith(hmac(kid))) {
                return invalid(Code.TOKEN_SIGNATURE, "the signature is not that of kid %s".formatted(kid));
            }
            EventToken plain = PlainClaims.read(kid, jws.payloadBytes());
            return new Result.Valid(plain != null ? plain : Claims.read(kid, jws.payloadJson()));
        }

        private HmacSha256.Calculation hmac(Kid kid) {
            HmacSha256.Calculation ready = hmac;
            if (ready == null || !kid.equals(current)) {
                ready = key(kid).calculation();
                hmac = ready;
                current = kid;
            }
            return ready;
        }
    }

    private static Result invalid(Code code, String detail) {
        return new Result.Invalid(new Rejected(code, detail));
    }
}
