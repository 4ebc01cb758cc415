package dev.millrace.ingest.receive;

import dev.millrace.ingest.verify.Event;
import dev.millrace.service.problem.Problem;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.util.InvalidMimeTypeException;
import org.springframework.util.MimeType;
import org.springframework.util.MimeTypeUtils;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.CorsUtils;
import org.springframework.web.cors.DefaultCorsProcessor;

/** An address that takes a POST from any page. */
abstract class PostServlet extends EdgeServlet {
    private static final long serialVersionUID = 1L;

    private static final long PREFLIGHT_SECONDS = 86_400;
    private static final String POST = "POST";
    private static final List<String> HEADERS =
            List.of("Content-Type", "Prefer", "traceparent", "tracestate", "baggage");
    private static final Set<String> TYPES =
            Set.of(MediaType.APPLICATION_JSON_VALUE, MediaType.APPLICATION_NDJSON_VALUE, MediaType.TEXT_PLAIN_VALUE);

    private final transient CorsConfiguration cors = openToAnyPage();
    private final transient DefaultCorsProcessor corsProcessor = new DefaultCorsProcessor() {
        @Override
        protected void rejectRequest(ServerHttpResponse response) {
            throw Problem.ORIGIN_REFUSED.because(
                    "a script of another origin may send POST with the headers %s", String.join(", ", HEADERS));
        }
    };

    PostServlet(String path, Shared shared) {
        super(path, shared);
    }

    /**
     * Answers a POST.
     *
     * @param received the objects in its body, at least one
     */
    abstract void receive(List<Event> received, HttpServletRequest request, HttpServletResponse response)
            throws IOException;

    /** Cross-origin requests: from any page, without cookies. A tracer on the page may send its headers. */
    private static CorsConfiguration openToAnyPage() {
        CorsConfiguration cors = new CorsConfiguration();
        cors.addAllowedOrigin(CorsConfiguration.ALL);
        cors.addAllowedMethod(POST);
        cors.setAllowedHeaders(HEADERS);
        cors.setExposedHeaders(List.of("Retry-After", EventIntake.PREFERENCE_APPLIED));
        cors.setMaxAge(PREFLIGHT_SECONDS);
        return cors;
    }

    @Override
    final void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
        // Another method is refused as such, also from a page of another origin.
        boolean preflight = CorsUtils.isPreFlightRequest(request);
        boolean known = preflight || request.getMethod().equals(POST);
        if (!known || (corsProcessor.processRequest(cors, request, response) && !preflight)) {
            read(request, response);
        }
    }

    private void read(HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (!request.getMethod().equals(POST)) {
            throw Problem.METHOD_NOT_ALLOWED
                    .because("method '%s' is not supported; send POST", request.getMethod())
                    .with("Allow", POST);
        }
        requireType(request.getContentType());
        try (RequestBody body = RequestBody.read(request, shared.bodies(), shared.ticker())) {
            receive(EventParser.parse(body.bytes(), body.length()), request, response);
        }
    }

    private static void requireType(@Nullable String given) {
        if (given == null || !(TYPES.contains(given) || isOfAType(given))) {
            throw Problem.UNSUPPORTED_MEDIA_TYPE.because(
                    "Content-Type '%s' is not supported; send application/json, application/x-ndjson or text/plain (with curl: -H 'Content-Type: application/json')",
                    given);
        }
    }

    /** Leaves the parameters out: a body is always UTF-8. */
    private static boolean isOfAType(String given) {
        try {
            MimeType type = MimeTypeUtils.parseMimeType(given);
            return TYPES.contains((type.getType() + "/" + type.getSubtype()).toLowerCase(Locale.ROOT));
        } catch (InvalidMimeTypeException e) {
            return false;
        }
    }
}
