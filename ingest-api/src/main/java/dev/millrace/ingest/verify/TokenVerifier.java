package dev.millrace.ingest.verify;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.key.HmacSha256;
import dev.millrace.common.key.PublisherKeys;
import dev.millrace.common.token.Kid;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Verifies event tokens: form, kid, signature, claims, in this order. Thread-safe.
 *
 * <p>The payload is not parsed before its signature holds, so that what a stranger sends costs one hash and no more.
 */
final class TokenVerifier {
    private final PublisherKeys publisherKeys;

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

    Result verify(String token, Catalog catalog) {
        try {
            CompactJws jws = CompactJws.split(token);
            Kid kid = TokenHeader.kid(jws.headerJson());
            return switch (catalog.state(kid)) {
                case UNKNOWN -> invalid(Code.KEY_UNKNOWN, "kid %s is not known".formatted(kid));
                case REVOKED -> invalid(Code.KEY_REVOKED, "kid %s is revoked".formatted(kid));
                case LIVE -> verifySigned(jws, kid);
            };
        } catch (MalformedToken e) {
            return invalid(Code.TOKEN_MALFORMED, e.detail());
        }
    }

    private Result verifySigned(CompactJws jws, Kid kid) throws MalformedToken {
        if (!jws.isSignedWith(keys.computeIfAbsent(kid, this::key))) {
            return invalid(Code.TOKEN_SIGNATURE, "the signature is not that of kid %s".formatted(kid));
        }
        return new Result.Valid(Claims.read(kid, jws.payloadJson()));
    }

    private HmacSha256 key(Kid kid) {
        return new HmacSha256(publisherKeys.secret(kid).getBytes(StandardCharsets.US_ASCII));
    }

    private static Result invalid(Code code, String detail) {
        return new Result.Invalid(new Rejected(code, detail));
    }
}
