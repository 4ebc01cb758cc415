package dev.millrace.ingest.receive;

import com.google.common.base.Ticker;
import dev.millrace.ingest.verify.Event;
import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import dev.millrace.service.problem.ProblemWriter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.MediaType;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.util.InvalidMimeTypeException;
import org.springframework.util.MimeType;
import org.springframework.util.MimeTypeUtils;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.CorsUtils;
import org.springframework.web.cors.DefaultCorsProcessor;
import tools.jackson.databind.json.JsonMapper;

/**
 * What an address has that takes a POST from any page, from a request's body to its answer. A servlet by itself, because choosing a handler,
 * negotiating the content and observing each request took as long as all that is done for an event (decision 13).
 */
abstract class PostServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    private static final long PREFLIGHT_SECONDS = 86_400;
    private static final String POST = "POST";
    private static final List<String> HEADERS =
            List.of("Content-Type", "Prefer", "traceparent", "tracestate", "baggage");
    private static final Set<String> TYPES =
            Set.of(MediaType.APPLICATION_JSON_VALUE, MediaType.APPLICATION_NDJSON_VALUE, MediaType.TEXT_PLAIN_VALUE);
    private static final JsonMapper JSON = new JsonMapper();
    private static final Logger log = LoggerFactory.getLogger(PostServlet.class);

    private final String path;
    private final transient Semaphore bodies;
    private final transient Semaphore events;
    private final transient EventMetrics metrics;
    private final transient ProblemWriter problems;
    private final transient Ticker ticker;
    private final transient CorsConfiguration cors = openToAnyPage();
    private final transient DefaultCorsProcessor corsProcessor = new DefaultCorsProcessor() {
        @Override
        protected void rejectRequest(ServerHttpResponse response) {
            throw Problem.ORIGIN_REFUSED.because(
                    "a script of another origin may send POST with the headers %s", String.join(", ", HEADERS));
        }
    };

    /**
     * What all such addresses share.
     *
     * @param bodies a permit for each KiB of bodies held at once; parsed, they take several times as much
     * @param events a permit for each event under way at once
     */
    record Shared(Semaphore bodies, Semaphore events, EventMetrics metrics, ProblemWriter problems, Ticker ticker) {}

    PostServlet(String path, Shared shared) {
        this.path = path;
        this.bodies = shared.bodies();
        this.events = shared.events();
        this.metrics = shared.metrics();
        this.problems = shared.problems();
        this.ticker = shared.ticker();
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
        cors.setExposedHeaders(List.of("Retry-After", "Preference-Applied"));
        cors.setMaxAge(PREFLIGHT_SECONDS);
        return cors;
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        long came = ticker.read();
        try {
            answer(request, response);
        } finally {
            metrics.answered(path, request.getMethod(), response.getStatus(), ticker.read() - came);
        }
    }

    private void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
        try {
            // Another method is refused as such, also from a page of another origin.
            boolean preflight = CorsUtils.isPreFlightRequest(request);
            boolean known = preflight || request.getMethod().equals(POST);
            if (!known || (corsProcessor.processRequest(cors, request, response) && !preflight)) {
                read(request, response);
            }
        } catch (ProblemException problem) {
            problems.write(request, response, problem);
        } catch (RuntimeException | Error failure) {
            log.error("a request failed", failure);
            problems.write(request, response, Problem.INTERNAL.because("the cause is in the log of ingest-api"));
        }
    }

    private void read(HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (!request.getMethod().equals(POST)) {
            throw Problem.METHOD_NOT_ALLOWED
                    .because("method '%s' is not supported; send POST", request.getMethod())
                    .with("Allow", POST);
        }
        requireType(request.getContentType());
        try (RequestBody body = RequestBody.read(request, bodies, ticker)) {
            receive(EventParser.parse(body.bytes(), body.length()), request, response);
        }
    }

    /** 429 rather than 503: Tomcat closes the connection after a 503, and reconnecting costs more than the refusal itself. */
    final <T> T underWay(int events, Supplier<T> work) {
        if (!this.events.tryAcquire(events)) {
            throw Problem.TOO_MANY_REQUESTS.because(
                    "as many events are under way as this node takes" + EventIntake.SEND_AGAIN);
        }
        try {
            return work.get();
        } finally {
            this.events.release(events);
        }
    }

    static void answer(HttpServletResponse response, int status, Object answer) throws IOException {
        byte[] body = JSON.writeValueAsBytes(answer);
        response.setStatus(status);
        response.setContentType(MediaType.APPLICATION_JSON_VALUE);
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
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
