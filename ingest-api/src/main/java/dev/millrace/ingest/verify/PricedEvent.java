package dev.millrace.ingest.verify;

import dev.millrace.common.token.EngagementName;

/**
 * A verified, priced event. It counts if Redis has not counted its identity and Redis' time is within the token's.
 *
 * @param name who pays, who earns, the article, the type, and the rate card that prices it
 * @param units paid units, at least 1
 * @param micros price of these units
 * @param issuedAt the token's {@code iat}, Unix seconds
 * @param notBefore the token's {@code nbf}, or its {@code iat} where it has none
 * @param expiresAt the token's {@code exp}: from this second on it is expired
 * @param earliest first second at which it may count, tolerance included
 * @param identity Redis counts an identity once
 */
public record PricedEvent(
        EngagementName name,
        long units,
        long micros,
        long issuedAt,
        long notBefore,
        long expiresAt,
        long earliest,
        long identity)
        implements Verdict {

    /** How far ahead of Redis' clock a publisher's clock may be, in seconds. */
    public static final long CLOCK_TOLERANCE = 60;

    /** The verdict where Redis' clock finds it too early at this second. */
    public Outcome tooEarly(long now) {
        if (now < Math.max(issuedAt, notBefore) - CLOCK_TOLERANCE) {
            return notYetValid(issuedAt, notBefore, now).outcome();
        }
        return Outcome.rejected(
                RejectionCode.KEY_INVALID,
                "key is %d s after iat, which is %d s ago; at most %d s more than that are accepted"
                        .formatted(earliest + CLOCK_TOLERANCE - issuedAt, now - issuedAt, CLOCK_TOLERANCE));
    }

    /** The verdict where Redis' clock finds its token expired at this second. */
    public Outcome expired(long now) {
        return expired(expiresAt, now).outcome();
    }

    /** The verdict where its token could have counted before the remembered time. */
    public Outcome superseded() {
        return Outcome.rejected(
                RejectionCode.TOKEN_SUPERSEDED,
                "iat %d is before the counters were re-opened; mint a new token".formatted(issuedAt));
    }

    static RejectedException expired(long expiresAt, long now) {
        return new RejectedException(RejectionCode.TOKEN_EXPIRED, "exp was %d s ago", now - expiresAt);
    }

    static RejectedException notYetValid(long issuedAt, long notBefore, long now) {
        return new RejectedException(
                RejectionCode.TOKEN_NOT_YET_VALID,
                "%s is %d s ahead, at most %d s are accepted",
                notBefore > issuedAt ? "nbf" : "iat",
                Math.max(issuedAt, notBefore) - now,
                CLOCK_TOLERANCE);
    }
}
