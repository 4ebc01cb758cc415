package dev.millrace.ingest.receive;

import dev.millrace.service.problem.Methods;
import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;

/**
 * {@code GET /v1/verdicts}: tells the holder of a key what became of its publisher's events. A page of another origin can't read it: it has no CORS header, and
 * no preflight is answered.
 */
final class VerdictsServlet extends HttpServlet {
    static final String PATH = "/v1/verdicts";

    private static final long serialVersionUID = 1L;

    /** It asks Redis for some thirty keys. */
    private static final int AS_MANY_EVENTS = 32;

    private static final Logger log = LoggerFactory.getLogger(VerdictsServlet.class);

    private final transient KeyReports reports;
    private final transient PostServlet.Shared shared;

    VerdictsServlet(KeyReports reports, PostServlet.Shared shared) {
        this.reports = reports;
        this.shared = shared;
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        long came = shared.ticker().read();
        response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        response.setHeader("X-Content-Type-Options", "nosniff");
        try {
            answer(request, response);
        } catch (ProblemException problem) {
            shared.problems().write(request, response, problem);
        } catch (RuntimeException | Error failure) {
            log.error("a request failed", failure);
            shared.problems()
                    .write(request, response, Problem.INTERNAL.because("the cause is in the log of ingest-api"));
        } finally {
            shared.metrics()
                    .answered(
                            PATH,
                            request.getMethod(),
                            response.getStatus(),
                            shared.ticker().read() - came);
        }
    }

    private void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Methods.requireRead(request);
        if (request.getQueryString() != null) {
            throw Problem.PARAMETER_UNKNOWN.because("this address takes no parameter");
        }
        if (!shared.events().tryAcquire(AS_MANY_EVENTS)) {
            throw Problem.TOO_MANY_REQUESTS.because("as many events are under way as this node takes; ask again");
        }
        try {
            PostServlet.answer(
                    response, HttpServletResponse.SC_OK, reports.of(request.getHeader(HttpHeaders.AUTHORIZATION)));
        } finally {
            shared.events().release(AS_MANY_EVENTS);
        }
    }
}
