package dev.millrace.ingest.receive;

import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/** A request that is refused as a whole, told as problem details (RFC 9457) with a code for programs. */
final class Refusal extends ErrorResponseException {
    private static final long serialVersionUID = 1L;

    private final @Nullable Integer retryAfter;

    private Refusal(HttpStatus status, String code, String title, String detail, @Nullable Integer retryAfter) {
        super(status, problem(status, code, title, detail), null);
        this.retryAfter = retryAfter;
    }

    static Refusal bodyMalformed(String detail) {
        return new Refusal(HttpStatus.BAD_REQUEST, "body-malformed", "The body can't be read", detail, null);
    }

    static Refusal bodyTooLarge(String detail) {
        return new Refusal(HttpStatus.CONTENT_TOO_LARGE, "body-too-large", "The body is too large", detail, null);
    }

    static Refusal unsupported(String detail) {
        return new Refusal(
                HttpStatus.UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "The body is of another kind",
                detail,
                null);
    }

    static Refusal bodySlow(String detail) {
        return new Refusal(HttpStatus.REQUEST_TIMEOUT, "body-timeout", "The body did not arrive in time", detail, null);
    }

    /** Send the same tokens again, after so many seconds. */
    static Refusal sendAgain(HttpStatus status, String code, String title, String detail, int retryAfter) {
        return new Refusal(
                status,
                code,
                title,
                detail + "; send the same events again, what was counted comes back as duplicate",
                retryAfter);
    }

    static ProblemDetail problem(HttpStatusCode status, String code, String title, String detail) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail);
        problem.setType(type(code));
        problem.setTitle(title);
        problem.setProperty("code", code);
        return problem;
    }

    static URI type(String code) {
        return URI.create("urn:millrace:problem:" + code);
    }

    String code() {
        return String.valueOf(
                getBody().getProperties() == null
                        ? ""
                        : getBody().getProperties().get("code"));
    }

    @Override
    public HttpHeaders getHeaders() {
        HttpHeaders headers = new HttpHeaders();
        if (retryAfter != null) {
            headers.set(HttpHeaders.RETRY_AFTER, retryAfter.toString());
        }
        return headers;
    }
}
