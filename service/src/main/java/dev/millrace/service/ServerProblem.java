package dev.millrace.service;

import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.springframework.http.HttpStatus;

/** Answers with problem details (RFC 9457) where no service's own code has run. Thread-safe. */
final class ServerProblem {
    static final String MALFORMED = "request-malformed";

    private final MeterRegistry registry;
    private final boolean anyOrigin;

    /** @param anyOrigin whether a script of any page may read the answer */
    ServerProblem(MeterRegistry registry, boolean anyOrigin) {
        this.registry = registry;
        this.anyOrigin = anyOrigin;
    }

    /** @param status of the answer, 400 to 599 */
    void write(Request request, Response response, int status) throws IOException {
        HttpStatus known = HttpStatus.resolve(status);
        HttpStatus told = known == null ? HttpStatus.INTERNAL_SERVER_ERROR : known;
        if (told == HttpStatus.BAD_REQUEST && request.getCoyoteRequest().isExceptionPresent()) {
            write(request, response, told, "body-malformed", "the body broke off, or is not as HTTP has it");
        } else {
            write(request, response, told, code(told), detail(told));
        }
    }

    /**
     * @param code for programs
     * @param detail what is wrong this time, for people; no character that JSON escapes
     */
    void write(Request request, Response response, HttpStatus status, String code, String detail) throws IOException {
        registry.counter("millrace.requests.refused", "code", code).increment();
        byte[] body = """
                {"type":"urn:millrace:problem:%s","title":"%s","status":%d,"detail":"%s","instance":"%s","code":"%s"}""".formatted(
                        code, status.getReasonPhrase(), status.value(), detail, instance(request.getRequestURI()), code)
                .getBytes(StandardCharsets.US_ASCII);
        response.setStatus(status.value());
        if (anyOrigin) {
            response.setHeader("Access-Control-Allow-Origin", "*");
        }
        response.setContentType("application/problem+json");
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }

    private static String code(HttpStatus status) {
        return switch (status) {
            case BAD_REQUEST -> MALFORMED;
            case INTERNAL_SERVER_ERROR -> "internal";
            case UNSUPPORTED_MEDIA_TYPE -> "media-type-unsupported";
            default -> status.name().toLowerCase(Locale.ROOT).replace('_', '-');
        };
    }

    private static String detail(HttpStatus status) {
        return switch (status) {
            case BAD_REQUEST ->
                "the request line, a header or the address is not as HTTP has it, or the head is too large";
            case NOT_FOUND -> "there is nothing at this address";
            case EXPECTATION_FAILED -> "the only expectation that is met is 100-continue";
            case INTERNAL_SERVER_ERROR -> "something failed here that should not; the service's log has it";
            default -> status.getReasonPhrase();
        };
    }

    /** The address asked for, in characters that need no escape in JSON. */
    private static String instance(String address) {
        try {
            return address == null ? "/" : new URI(null, null, address, null).toASCIIString();
        } catch (URISyntaxException e) {
            return "/";
        }
    }
}
