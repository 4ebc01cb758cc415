package dev.millrace.ingest.verify;

import dev.millrace.common.counters.EngageField;
import dev.millrace.common.identity.Identity;

/**
 * An event that counts if Redis has not seen it and its clock agrees.
 *
 * @param identity by which it counts once
 * @param field what it is counted under
 * @param units paid units, at least 1
 * @param micros price of these units
 * @param issuedAt the token's {@code iat}, Unix seconds
 * @param expiresAt the token's {@code exp}: from this second on it is expired
 * @param earliest first second at which it may count
 */
public record Countable(
        Identity identity, EngageField field, long units, long micros, long issuedAt, long expiresAt, long earliest)
        implements Verdict {

    /** How far ahead of Redis' clock an {@code iat} may be, in seconds. */
    public static final long CLOCK_TOLERANCE = 60;

    /** Why Redis found it too early at this second. */
    public Rejected tooEarly(long now) {
        return now < issuedAt - CLOCK_TOLERANCE
                ? notYetValid(issuedAt, now)
                : new Rejected(
                        Code.KEY_INVALID,
                        "key is %d s after iat, which is %d s ago".formatted(earliest - issuedAt, now - issuedAt));
    }

    /** The verdict on a token that Redis' clock finds expired at this second. */
    public Rejected expired(long now) {
        return expired(expiresAt, now);
    }

    static Rejected expired(long expiresAt, long now) {
        return new Rejected(Code.TOKEN_EXPIRED, "exp was %d s ago".formatted(now - expiresAt));
    }

    /** The verdict on a token issued before the counters were re-opened. */
    public Rejected superseded() {
        return new Rejected(
                Code.TOKEN_SUPERSEDED,
                "iat %d is before the counters were re-opened; mint a new token".formatted(issuedAt));
    }

    static Rejected notYetValid(long issuedAt, long now) {
        return new Rejected(
                Code.TOKEN_NOT_YET_VALID,
                "iat is %d s ahead, at most %d s are accepted".formatted(issuedAt - now, CLOCK_TOLERANCE));
    }
}
