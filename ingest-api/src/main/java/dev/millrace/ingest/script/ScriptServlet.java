package dev.millrace.ingest.script;

import dev.millrace.service.problem.Methods;
import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import dev.millrace.service.problem.ProblemWriter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.http.HttpHeaders;

/**
 * {@code GET /m.js}, which browsers ask for again after five minutes, and {@code GET /m/<version>.js}, which never changes: this build's, and those
 * of earlier releases. Any page may include them, also with an integrity hash and also a page that isolates itself from other origins. A plain servlet,
 * as the one for events.
 */
final class ScriptServlet extends HttpServlet {
    static final String CURRENT = "/m.js";
    static final String VERSIONS = "/m/*";

    private static final long serialVersionUID = 1L;

    private static final String FIVE_MINUTES = "public, max-age=300, stale-while-revalidate=86400";
    private static final String ONE_YEAR = "public, max-age=31536000, immutable";

    private final transient PageScript current;

    /** By their names. */
    private final transient Map<String, PageScript> versions = new HashMap<>();

    private final transient ProblemWriter problems;

    ScriptServlet(PageScript current, List<PageScript> released, ProblemWriter problems) {
        this.current = current;
        released.forEach(script -> versions.put(script.name(), script));
        versions.put(current.name(), current);
        this.problems = problems;
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        response.setHeader("Cross-Origin-Resource-Policy", "cross-origin");
        response.setHeader("X-Content-Type-Options", "nosniff");
        try {
            answer(request, response);
        } catch (ProblemException problem) {
            response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
            problems.write(request, response, problem);
        }
    }

    private void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Methods.requireRead(request);
        if (request.getServletPath().equals(CURRENT)) {
            current.file().answer(request, response, FIVE_MINUTES);
        } else {
            version(request).file().answer(request, response, ONE_YEAR);
        }
    }

    private PageScript version(HttpServletRequest request) {
        String path = Objects.requireNonNullElse(request.getPathInfo(), "");
        PageScript script = versions.get(path.replaceFirst("^/", ""));
        if (script == null) {
            throw Problem.NOT_FOUND.because("there is no script '%s' here; this release's is %s", path, current.name());
        }
        return script;
    }
}
