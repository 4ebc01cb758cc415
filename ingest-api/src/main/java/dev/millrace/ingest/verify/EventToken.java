package dev.millrace.ingest.verify;

import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Kid;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An event token whose signature and claims hold.
 *
 * @param kid who signed
 * @param creator {@code sub}
 * @param article {@code art}
 * @param jti idempotency key
 * @param issuedAt {@code iat}, Unix seconds
 * @param expiresAt {@code exp}, Unix seconds
 * @param granted {@code evt}, or null where the token leaves it out
 * @param quantity {@code qty}, 1 where the token leaves it out
 */
record EventToken(
        Kid kid,
        String creator,
        String article,
        String jti,
        long issuedAt,
        long expiresAt,
        @Nullable Set<String> granted,
        long quantity) {

    boolean grants(EventType type) {
        return granted == null ? type.grantedByDefault() : granted.contains(type.wireName());
    }
}
