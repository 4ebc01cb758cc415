package dev.millrace.service.problem;

import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.converter.json.ProblemDetailJacksonMixin;
import tools.jackson.databind.json.JsonMapper;

/** Answers with a problem, and counts it. Valves, filters and servlets answer with it themselves. Thread-safe. */
public final class ProblemWriter {
    private static final JsonMapper JSON = JsonMapper.builder()
            .addMixIn(ProblemDetail.class, ProblemDetailJacksonMixin.class)
            .build();

    private final MeterRegistry registry;

    public ProblemWriter(MeterRegistry registry) {
        this.registry = registry;
    }

    public void write(HttpServletRequest request, HttpServletResponse response, ProblemException failure)
            throws IOException {
        count(failure.problem());
        ProblemDetail problem = failure.getBody();
        problem.setInstance(instance(request.getRequestURI()));
        byte[] body = JSON.writeValueAsBytes(problem);
        response.setStatus(failure.problem().status().value());
        failure.getHeaders().forEach((name, values) -> values.forEach(value -> response.setHeader(name, value)));
        response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }

    /** A request whose events have each been judged is not refused as a whole. */
    void count(Problem problem) {
        if (problem != Problem.EVENTS_REJECTED) {
            registry.counter("millrace.requests.refused", "code", problem.code())
                    .increment();
        }
    }

    /** The address asked for, without characters that a URI can't hold. */
    private static @Nullable URI instance(@Nullable String address) {
        try {
            return address == null ? null : new URI(null, null, address, null);
        } catch (URISyntaxException e) {
            return null;
        }
    }
}
