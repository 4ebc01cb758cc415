package dev.millrace.ingest.receive;

import com.google.common.base.Ticker;
import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import dev.millrace.service.problem.ProblemWriter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.MediaType;
import tools.jackson.databind.json.JsonMapper;

/**
 * An address of the edge. It times each request and answers problems. A servlet by itself, because choosing a handler, negotiating the content and
 * observing each request took as long as all that is done for an event (decision 13).
 */
abstract class EdgeServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    private static final JsonMapper JSON = new JsonMapper();
    private static final Logger log = LoggerFactory.getLogger(EdgeServlet.class);

    final transient Shared shared;
    private final String path;

    /**
     * What all such addresses share.
     *
     * @param bodies a permit for each KiB of bodies held at once; parsed, they take several times as much
     * @param events a permit for each event under way at once
     */
    record Shared(Semaphore bodies, Semaphore events, EventMetrics metrics, ProblemWriter problems, Ticker ticker) {}

    EdgeServlet(String path, Shared shared) {
        this.path = path;
        this.shared = shared;
    }

    /**
     * Answers a request of any method.
     *
     * @throws ProblemException what is wrong with it
     */
    abstract void answer(HttpServletRequest request, HttpServletResponse response) throws IOException;

    @Override
    protected final void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        long came = shared.ticker().read();
        try {
            answer(request, response);
        } catch (ProblemException problem) {
            shared.problems().write(request, response, problem);
        } catch (RuntimeException | Error failure) {
            log.error("a request failed", failure);
            shared.problems()
                    .write(request, response, Problem.INTERNAL.because("the cause is in the log of ingest-api"));
        } finally {
            long took = shared.ticker().read() - came;
            shared.metrics().answered(path, request.getMethod(), response.getStatus(), took);
        }
    }

    /**
     * Does what costs as much as so many events. 429 rather than 503: Tomcat closes the connection after a 503, and reconnecting costs more than the
     * refusal itself.
     *
     * @param remedy what a refused sender is to do
     */
    final <T> T underWay(int events, String remedy, Supplier<T> work) {
        if (!shared.events().tryAcquire(events)) {
            throw Problem.TOO_MANY_REQUESTS.because("as many events are under way as this node takes" + remedy);
        }
        try {
            return work.get();
        } finally {
            shared.events().release(events);
        }
    }

    static void answer(HttpServletResponse response, int status, Object answer) throws IOException {
        byte[] body = JSON.writeValueAsBytes(answer);
        response.setStatus(status);
        response.setContentType(MediaType.APPLICATION_JSON_VALUE);
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }
}
