package dev.millrace.ingest.receive;

import dev.millrace.ingest.verify.Shown;
import java.net.URI;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/** A request that is refused as a whole, told as problem details (RFC 9457) with a code for programs. */
final class Refusal extends ErrorResponseException {
    private static final long serialVersionUID = 1L;
    private static final URI INSTANCE = URI.create(EventsServlet.PATH);

    private final String code;

    private Refusal(HttpStatus status, String code, String title, String detail) {
        super(status, problem(status, code, title, detail), null);
        this.code = code;
    }

    static Refusal bodyMalformed(String detail) {
        return new Refusal(HttpStatus.BAD_REQUEST, "body-malformed", "The body can't be read", detail);
    }

    static Refusal bodyTooLarge(String detail) {
        return new Refusal(HttpStatus.CONTENT_TOO_LARGE, "body-too-large", "The body is too large", detail);
    }

    static Refusal unsupported(String detail) {
        return new Refusal(
                HttpStatus.UNSUPPORTED_MEDIA_TYPE, "media-type-unsupported", "The body is of another kind", detail);
    }

    static Refusal bodySlow(String detail) {
        return new Refusal(HttpStatus.REQUEST_TIMEOUT, "body-timeout", "The body did not arrive in time", detail);
    }

    static Refusal methodNotAllowed(String given, String allowed) {
        return new Refusal(
                        HttpStatus.METHOD_NOT_ALLOWED,
                        "method-not-allowed",
                        "Method Not Allowed",
                        "Method '%s' is not supported; send %s".formatted(Shown.message(given), allowed))
                .with(HttpHeaders.ALLOW, allowed);
    }

    static Refusal internal() {
        return new Refusal(
                HttpStatus.INTERNAL_SERVER_ERROR,
                "internal",
                "Internal error",
                "something failed here that should not; the log of ingest-api has it");
    }

    static Refusal countersUnavailable(String detail) {
        return sendAgain(
                HttpStatus.SERVICE_UNAVAILABLE, "counters-unavailable", "The counters can't be reached", detail, 2);
    }

    static Refusal overloaded(String title, String detail) {
        return sendAgain(HttpStatus.SERVICE_UNAVAILABLE, "overloaded", title, detail, 1);
    }

    /**
     * Nothing of the request has been counted. 429 rather than 503: Tomcat closes the connection after a 503, and reconnecting
     * costs more than the refusal itself.
     */
    static Refusal tooManyRequests(String detail) {
        return sendAgain(HttpStatus.TOO_MANY_REQUESTS, "too-many-requests", "Too many events at once", detail, 1);
    }

    static Refusal publisherTooFast(String publisher) {
        return sendAgain(
                HttpStatus.TOO_MANY_REQUESTS,
                "too-many-requests",
                "Too many events at once",
                "publisher %s sends more events a second than this node takes from one".formatted(publisher),
                1);
    }

    /** Send the same tokens again, after so many seconds. */
    private static Refusal sendAgain(HttpStatus status, String code, String title, String detail, int retryAfter) {
        return new Refusal(
                        status,
                        code,
                        title,
                        detail + "; send the same events again, what was counted comes back as duplicate")
                .with(HttpHeaders.RETRY_AFTER, Integer.toString(retryAfter));
    }

    private Refusal with(String header, String value) {
        getHeaders().set(header, value);
        return this;
    }

    static ProblemDetail problem(HttpStatusCode status, String code, String title, String detail) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail);
        problem.setType(URI.create("urn:millrace:problem:" + code));
        problem.setTitle(title);
        problem.setInstance(INSTANCE);
        problem.setProperty("code", code);
        return problem;
    }

    /** Made for an answer, often thousands of times a second: nobody reads where. */
    @Override
    public Throwable fillInStackTrace() {
        return this;
    }

    String code() {
        return code;
    }
}
