package dev.millrace.ingest.script;

import dev.millrace.service.page.StaticFile;
import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import dev.millrace.service.problem.ProblemWriter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Objects;
import org.springframework.http.HttpHeaders;

/**
 * {@code GET /m.js}, which browsers ask for again after five minutes, and {@code GET /m/<version>.js}, which never changes. Any page may include
 * them, also with an integrity hash and also a page that isolates itself from other origins. A plain servlet, as the one for events.
 */
final class ScriptServlet extends HttpServlet {
    static final String CURRENT = "/m.js";
    static final String VERSIONS = "/m/*";

    private static final long serialVersionUID = 1L;

    private static final String FIVE_MINUTES = "public, max-age=300, stale-while-revalidate=86400";
    private static final String ONE_YEAR = "public, max-age=31536000, immutable";

    private final transient PageScript script;
    private final transient ProblemWriter problems;

    ScriptServlet(PageScript script, ProblemWriter problems) {
        this.script = script;
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
        StaticFile.requireRead(request);
        script.file().answer(request, response, lifetime(request));
    }

    private String lifetime(HttpServletRequest request) {
        if (request.getServletPath().equals(CURRENT)) {
            return FIVE_MINUTES;
        }
        String name = Objects.requireNonNullElse(request.getPathInfo(), "");
        if (name.equals("/" + script.version() + ".js")) {
            return ONE_YEAR;
        }
        throw Problem.NOT_FOUND.because(
                "there is no script '%s' here; this release has /%s.js", name, script.version());
    }
}
