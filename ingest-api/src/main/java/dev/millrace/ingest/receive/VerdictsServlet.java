package dev.millrace.ingest.receive;

import dev.millrace.ingest.verdict.KeyReport;
import dev.millrace.service.problem.Methods;
import dev.millrace.service.problem.Problem;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.http.HttpHeaders;

/**
 * {@code GET /v1/verdicts}: tells the holder of a key what became of its publisher's events. A page of another origin can't read it: it has no CORS header, and
 * no preflight is answered.
 */
final class VerdictsServlet extends EdgeServlet {
    static final String PATH = "/v1/verdicts";

    private static final long serialVersionUID = 1L;

    /** It asks Redis for some thirty keys. */
    private static final int AS_MANY_EVENTS = 32;

    private final transient KeyReports reports;

    VerdictsServlet(KeyReports reports, Shared shared) {
        super(PATH, shared);
        this.reports = reports;
    }

    @Override
    void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        response.setHeader("X-Content-Type-Options", "nosniff");
        Methods.requireRead(request);
        if (request.getQueryString() != null) {
            throw Problem.PARAMETER_UNKNOWN.because("this address takes no parameter");
        }
        String authorization = request.getHeader(HttpHeaders.AUTHORIZATION);
        KeyReport report = underWay(AS_MANY_EVENTS, "; ask again", () -> reports.of(authorization));
        answer(response, HttpServletResponse.SC_OK, report);
    }
}
