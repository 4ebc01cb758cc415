package dev.millrace.ingest.script;

import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import dev.millrace.service.problem.ProblemWriter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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
    private static final String METHODS = "GET, HEAD";
    private static final Pattern NO_QUALITY = Pattern.compile("q=0(\\.0*)?");

    private final transient PageScript script;
    private final transient ProblemWriter problems;
    private final String etag;

    ScriptServlet(PageScript script, ProblemWriter problems) {
        this.script = script;
        this.problems = problems;
        // Weak, since it stands for both encodings.
        this.etag = "W/\"" + script.version() + "\"";
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
        boolean head = request.getMethod().equals("HEAD");
        if (!head && !request.getMethod().equals("GET")) {
            throw Problem.METHOD_NOT_ALLOWED
                    .because("method '%s' is not supported; send GET", request.getMethod())
                    .with(HttpHeaders.ALLOW, METHODS);
        }
        response.setHeader(HttpHeaders.CACHE_CONTROL, lifetime(request));
        response.setHeader(HttpHeaders.ETAG, etag);
        response.setHeader(HttpHeaders.VARY, HttpHeaders.ACCEPT_ENCODING);
        if (isKnown(request)) {
            response.setStatus(HttpServletResponse.SC_NOT_MODIFIED);
            return;
        }
        response.setContentType("text/javascript;charset=utf-8");
        boolean compressed = takesGzip(request);
        if (compressed) {
            response.setHeader(HttpHeaders.CONTENT_ENCODING, "gzip");
        }
        byte[] body = compressed ? script.compressed() : script.plain();
        response.setContentLength(body.length);
        if (!head) {
            response.getOutputStream().write(body);
        }
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

    private boolean isKnown(HttpServletRequest request) {
        return listed(request, HttpHeaders.IF_NONE_MATCH)
                .anyMatch(known -> known.equals("*") || known.equals(etag) || ("W/" + known).equals(etag));
    }

    /** RFC 9110, section 12.5.3; the weights of others don't matter, as gzip is the only one here. */
    private static boolean takesGzip(HttpServletRequest request) {
        return listed(request, HttpHeaders.ACCEPT_ENCODING)
                .map(coding -> List.of(coding.toLowerCase(Locale.ROOT).split("\\s*;\\s*", -1)))
                .anyMatch(coding -> coding.getFirst().equals("gzip")
                        && coding.stream()
                                .noneMatch(weight -> NO_QUALITY.matcher(weight).matches()));
    }

    private static Stream<String> listed(HttpServletRequest request, String header) {
        return Collections.list(request.getHeaders(header)).stream()
                .flatMap(values -> Stream.of(values.split(",", -1)))
                .map(String::strip);
    }
}
