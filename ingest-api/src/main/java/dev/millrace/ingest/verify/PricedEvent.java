package dev.millrace.ingest.verify;

import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Filter;
import dev.millrace.common.token.Note;
import dev.millrace.common.token.Retention;

/**
 * A verified, priced event, or one that is filtered and costs nothing. It counts if Redis has not counted its identity and Redis' time is within the token's.
 *
 * @param name who pays, who earns, the article, the type, and the rate card that prices it
 * @param units paid units, at least 1
 * @param micros price of these units
 * @param issuedAt the token's {@code iat}, Unix seconds
 * @param notBefore the token's {@code nbf}, or its {@code iat} where it has none
 * @param expiresAt the token's {@code exp}: from this second on it is expired
 * @param earliest first second at which it may count, tolerance included
 * @param identity Redis counts an identity once
 * @param visitor a hash of publisher and visitor; 0: the visitor is not known
 */
public record PricedEvent(
        EngagementName name,
        long units,
        long micros,
        long issuedAt,
        long notBefore,
        long expiresAt,
        long earliest,
        long identity,
        long visitor)
        implements Verdict {

    /** How far ahead of Redis' clock a publisher's clock may be, in seconds. */
    public static final long CLOCK_TOLERANCE = 60;

    /**
     * What tells that its visitor was there; it costs nothing. It is archived with the article, the landing page where a visit begins.
     *
     * @param mark identity
     * @param begins whether a visit begins
     */
    public PricedEvent mark(long mark, boolean begins) {
        EngagementName view = new EngagementName(
                name.publisher(),
                name.creator(),
                name.article(),
                EventType.VIEW,
                Note.visit(name.note().source()),
                name.rateVersion());
        return new PricedEvent(view, begins ? 1 : 0, 0, issuedAt, notBefore, expiresAt, earliest, mark, visitor);
    }

    /** For how long its identity is remembered. */
    public Retention retention() {
        return name.note().isPaid() ? name.type().retention() : Retention.SHORT;
    }

    /** The outcome where it counts now. */
    public Outcome counted() {
        Filter filter = name.note().filter();
        return filter == null ? Outcome.ACCEPTED : Outcome.filtered(filter);
    }

    /** The outcome where it counted before. */
    public Outcome countedBefore() {
        Filter filter = name.note().filter();
        return filter == null ? Outcome.DUPLICATE : Outcome.filtered(filter);
    }

    /** The verdict where Redis' clock finds it too early at this second. */
    public Outcome tooEarly(long now) {
        return early(now).outcome();
    }

    RejectedException early(long now) {
        if (now < Math.max(issuedAt, notBefore) - CLOCK_TOLERANCE) {
            return notYetValid(issuedAt, notBefore, now);
        }
        return new RejectedException(
                RejectionCode.KEY_INVALID,
                "key is %d s after iat, which is %d s ago; at most %d s more than that are accepted",
                earliest + CLOCK_TOLERANCE - issuedAt,
                now - issuedAt,
                CLOCK_TOLERANCE);
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
