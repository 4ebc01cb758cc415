package dev.millrace.service.problem;

import com.google.errorprone.annotations.FormatMethod;
import dev.millrace.common.message.Printable;
import java.net.URI;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/**
 * Everything that a service can refuse a request with, as callers see it. Codes are part of the API and never change. A detail is a clause that begins
 * small and ends without a full stop.
 */
public enum Problem {
    EVENTS_REJECTED(HttpStatus.UNPROCESSABLE_CONTENT, "Every event was rejected"),
    TOKEN_REJECTED(HttpStatus.UNPROCESSABLE_CONTENT, "The page token was rejected"),
    TOO_MANY_REQUESTS(HttpStatus.TOO_MANY_REQUESTS, "Too many events at once"),
    OVERLOADED(HttpStatus.SERVICE_UNAVAILABLE, "Too many requests at once"),

    CREATOR_INVALID(HttpStatus.BAD_REQUEST, "The creator id is not of the right form"),
    CREATOR_UNKNOWN(HttpStatus.NOT_FOUND, "Nothing is known of this creator"),
    CURSOR_INVALID(HttpStatus.BAD_REQUEST, "The cursor is none of this service's"),
    LIMIT_INVALID(HttpStatus.BAD_REQUEST, "The limit is out of range"),
    RANGE_INVALID(HttpStatus.BAD_REQUEST, "The dates are no range"),

    PUBLISHER_INVALID(HttpStatus.BAD_REQUEST, "The publisher id is not of the right form"),
    PUBLISHER_UNKNOWN(HttpStatus.NOT_FOUND, "There is no such publisher"),
    PUBLISHER_EXISTS(HttpStatus.CONFLICT, "There is such a publisher already"),
    LIMITS_INVALID(HttpStatus.BAD_REQUEST, "The publisher can't be changed so"),
    CREATORS_FULL(HttpStatus.CONFLICT, "The publisher's list of creators is full"),
    KEY_UNKNOWN(HttpStatus.NOT_FOUND, "The publisher has no such key"),
    KEY_INVALID(HttpStatus.BAD_REQUEST, "The key can't be made or revoked so"),
    RATE_INVALID(HttpStatus.BAD_REQUEST, "The rate card can't be used"),
    RATE_IN_THE_PAST(HttpStatus.BAD_REQUEST, "The rate card would take effect too early"),
    RATE_EXISTS(HttpStatus.CONFLICT, "Another rate card takes effect at this second"),
    RATE_UNKNOWN(HttpStatus.NOT_FOUND, "There is no such rate card"),
    RATE_IN_FORCE(HttpStatus.CONFLICT, "The rate card is in force, or nodes could have it in force"),
    RATE_CHANGE_TOO_LARGE(HttpStatus.CONFLICT, "A price would change by more than the configured factor"),
    CATALOG_BEHIND(HttpStatus.SERVICE_UNAVAILABLE, "The database's catalogue is not the one in force"),

    CORRECTION_INVALID(HttpStatus.BAD_REQUEST, "The correction can't be read"),
    CORRECTION_UNKNOWN(HttpStatus.NOT_FOUND, "There is no such correction"),
    CORRECTION_EXCEEDS_PAID(HttpStatus.CONFLICT, "More would be taken back than was paid"),
    CORRECTION_TOO_LATE(HttpStatus.CONFLICT, "The money is available to the creator already"),
    CORRECTION_BELOW_ZERO(HttpStatus.CONFLICT, "A balance would fall below zero"),
    PAYOUT_INVALID(HttpStatus.BAD_REQUEST, "The payout can't be read"),
    PAYOUT_UNKNOWN(HttpStatus.NOT_FOUND, "There is no such payout"),
    PAYOUT_EXCEEDS_AVAILABLE(HttpStatus.CONFLICT, "More would be paid out than is available"),
    PAYOUT_STATE(HttpStatus.CONFLICT, "The payout is not in a state for this"),
    HOLD_INVALID(HttpStatus.BAD_REQUEST, "The creator's state can't be read"),
    IDEMPOTENCY_KEY_MISSING(HttpStatus.BAD_REQUEST, "The request lacks a key of its own"),
    IDEMPOTENCY_CONFLICT(HttpStatus.CONFLICT, "The key was used for another request"),

    UNAUTHENTICATED(HttpStatus.UNAUTHORIZED, "A valid bearer token is needed"),
    UNAUTHORIZED(HttpStatus.UNAUTHORIZED, "The key and its secret are needed"),
    FORBIDDEN(HttpStatus.FORBIDDEN, "This bearer token does not allow it"),

    LOOPBACK_ONLY(HttpStatus.FORBIDDEN, "This is for the worker's own machine"),
    SETTLE_HEADER_MISSING(HttpStatus.FORBIDDEN, "The request lacks a header"),
    SETTLEMENT_INCOMPLETE(HttpStatus.SERVICE_UNAVAILABLE, "Not everything could be settled"),
    SETTLEMENT_FAILED(HttpStatus.SERVICE_UNAVAILABLE, "The settlement failed"),

    COUNTERS_UNAVAILABLE(HttpStatus.SERVICE_UNAVAILABLE, "The counters can't be reached"),
    LEDGER_UNAVAILABLE(HttpStatus.SERVICE_UNAVAILABLE, "The ledger can't be reached"),
    IDENTITY_UNAVAILABLE(HttpStatus.SERVICE_UNAVAILABLE, "The bearer token can't be checked now"),

    ORIGIN_REFUSED(HttpStatus.FORBIDDEN, "A script of another origin may not send this"),
    BODY_MALFORMED(HttpStatus.BAD_REQUEST, "The body can't be read"),
    BODY_TOO_LARGE(HttpStatus.CONTENT_TOO_LARGE, "The body is too large"),
    BODY_TIMEOUT(HttpStatus.REQUEST_TIMEOUT, "The body did not arrive in time"),
    REQUEST_MALFORMED(HttpStatus.BAD_REQUEST, "The request can't be read"),
    PARAMETER_UNKNOWN(HttpStatus.BAD_REQUEST, "The address does not take this parameter"),
    PARAMETER_INVALID(HttpStatus.BAD_REQUEST, "A parameter can't be used"),
    NOT_FOUND(HttpStatus.NOT_FOUND, "There is nothing at this address"),
    METHOD_NOT_ALLOWED(HttpStatus.METHOD_NOT_ALLOWED, "The address does not take this method"),
    NOT_ACCEPTABLE(HttpStatus.NOT_ACCEPTABLE, "No representation of that kind is made here"),
    UNSUPPORTED_MEDIA_TYPE(HttpStatus.UNSUPPORTED_MEDIA_TYPE, "Bodies of that kind are not read here"),
    EXPECTATION_FAILED(HttpStatus.EXPECTATION_FAILED, "The expectation can't be met"),
    NOT_IMPLEMENTED(HttpStatus.NOT_IMPLEMENTED, "The request asks for what this server does not do"),
    HTTP_VERSION_NOT_SUPPORTED(HttpStatus.HTTP_VERSION_NOT_SUPPORTED, "This version of HTTP is not spoken here"),
    INTERNAL(HttpStatus.INTERNAL_SERVER_ERROR, "The service failed");

    private static final int FIRST_SERVER_ERROR = 500;

    private final HttpStatus status;
    private final String code = name().toLowerCase(Locale.ROOT).replace('_', '-');
    private final String title;

    Problem(HttpStatus status, String title) {
        this.status = status;
        this.title = title;
    }

    /** The problem that stands for a status of 400 to 599 that no service has chosen. */
    public static Problem of(int status) {
        return switch (status) {
            case 400 -> REQUEST_MALFORMED;
            case 403 -> FORBIDDEN;
            case 404 -> NOT_FOUND;
            case 503 -> OVERLOADED;
            default ->
                Arrays.stream(values())
                        .filter(problem -> problem.status.value() == status)
                        .findFirst()
                        .orElse(status < FIRST_SERVER_ERROR ? REQUEST_MALFORMED : INTERNAL);
        };
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
        return type(code);
    }

    /** The {@code type} that goes with a code. */
    public static URI type(String code) {
        return URI.create("urn:millrace:problem:" + code);
    }

    /** Seconds after which trying again makes sense; 0: it does not, before a person has done something. */
    public int retryAfter() {
        return switch (this) {
            case TOO_MANY_REQUESTS, OVERLOADED -> 1;
            case CATALOG_BEHIND -> 0;
            default -> status == HttpStatus.SERVICE_UNAVAILABLE ? 2 : 0;
        };
    }

    /** This problem with its detail. */
    public ProblemException because(String detail) {
        return new ProblemException(this, detail);
    }

    /**
     * The same with values that somebody sent: their texts are abbreviated, and made printable.
     *
     * @param pattern as of {@link String#format}
     */
    @FormatMethod
    public ProblemException because(String pattern, @Nullable Object... values) {
        return because(pattern.formatted(Arrays.stream(values)
                .map(value -> value instanceof String text ? Printable.abbreviate(text) : value)
                .toArray()));
    }
}
