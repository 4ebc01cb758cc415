package dev.millrace.ledger.problem;

import java.net.URI;
import org.springframework.http.HttpStatus;

/** Everything that can go wrong, as callers see it. Codes are part of the API and never change. */
public enum Problem {
    CREATOR_INVALID(HttpStatus.BAD_REQUEST, "creator-invalid", "The creator id is not of the right form"),
    CREATOR_UNKNOWN(HttpStatus.NOT_FOUND, "creator-unknown", "Nothing is known of this creator"),
    CURSOR_INVALID(HttpStatus.BAD_REQUEST, "cursor-invalid", "The cursor is none of this service's"),
    LIMIT_INVALID(HttpStatus.BAD_REQUEST, "limit-invalid", "The limit is out of range"),
    RANGE_INVALID(HttpStatus.BAD_REQUEST, "range-invalid", "The dates are no range"),

    PUBLISHER_INVALID(HttpStatus.BAD_REQUEST, "publisher-invalid", "The publisher id is not of the right form"),
    PUBLISHER_UNKNOWN(HttpStatus.NOT_FOUND, "publisher-unknown", "There is no such publisher"),
    PUBLISHER_EXISTS(HttpStatus.CONFLICT, "publisher-exists", "There is such a publisher already"),
    KEY_UNKNOWN(HttpStatus.NOT_FOUND, "key-unknown", "The publisher has no such key"),
    RATE_INVALID(HttpStatus.BAD_REQUEST, "rate-invalid", "The rate card can't be used"),
    RATE_IN_THE_PAST(HttpStatus.BAD_REQUEST, "rate-in-the-past", "The rate card would take effect too early"),
    RATE_EXISTS(HttpStatus.CONFLICT, "rate-exists", "Another rate card takes effect at this second"),
    CATALOG_BEHIND(
            HttpStatus.SERVICE_UNAVAILABLE, "catalog-behind", "The database's catalogue is not the one in force"),

    UNAUTHENTICATED(HttpStatus.UNAUTHORIZED, "unauthenticated", "A valid bearer token is needed"),
    FORBIDDEN(HttpStatus.FORBIDDEN, "forbidden", "This bearer token does not allow it"),

    COUNTERS_UNAVAILABLE(HttpStatus.SERVICE_UNAVAILABLE, "counters-unavailable", "The counters can't be read"),
    LEDGER_UNAVAILABLE(HttpStatus.SERVICE_UNAVAILABLE, "ledger-unavailable", "The ledger can't be reached"),
    IDENTITY_UNAVAILABLE(
            HttpStatus.SERVICE_UNAVAILABLE, "identity-unavailable", "The bearer token can't be checked now"),

    BODY_MALFORMED(HttpStatus.BAD_REQUEST, "body-malformed", "The body can't be read"),
    REQUEST_MALFORMED(HttpStatus.BAD_REQUEST, "request-malformed", "The request can't be read"),
    NOT_FOUND(HttpStatus.NOT_FOUND, "not-found", "There is nothing at this address"),
    METHOD_NOT_ALLOWED(HttpStatus.METHOD_NOT_ALLOWED, "method-not-allowed", "The address does not take this method"),
    NOT_ACCEPTABLE(HttpStatus.NOT_ACCEPTABLE, "not-acceptable", "No representation of that kind is made here"),
    MEDIA_TYPE_UNSUPPORTED(
            HttpStatus.UNSUPPORTED_MEDIA_TYPE, "media-type-unsupported", "Bodies of that kind are not read here"),
    INTERNAL(HttpStatus.INTERNAL_SERVER_ERROR, "internal", "The service failed");

    private final HttpStatus status;
    private final String code;
    private final String title;

    Problem(HttpStatus status, String code, String title) {
        this.status = status;
        this.code = code;
        this.title = title;
    }

    public HttpStatus status() {
        return status;
    }

    /** The stable name a program decides by. */
    public String code() {
        return code;
    }

    public String title() {
        return title;
    }

    /** The problem's {@code type} (RFC 9457): a name, not an address. */
    public URI type() {
        return URI.create("urn:millrace:problem:" + code);
    }

    /** Seconds after which trying again makes sense; 0: it does not, before a person has done something. */
    public int retryAfter() {
        return status == HttpStatus.SERVICE_UNAVAILABLE && this != CATALOG_BEHIND ? 2 : 0;
    }

    /** This problem, with what is wrong this time. */
    public ProblemException because(String detail) {
        return new ProblemException(this, detail);
    }
}
