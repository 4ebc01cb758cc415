package dev.millrace.ingest.receive;

import dev.millrace.ingest.limit.Permit;
import dev.millrace.ingest.limit.Standing;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;

/**
 * Answers events that came too late to be counted ({@link Permit#cameTooLate()}) as soon as the server has read a request's
 * head: what turning away costs is taken from those who are served. Of those over connections that are not trusted the endpoint turns one in
 * {@value #JUDGED} away, if it is small, after a look at what it brings. Only events hold a permit: whatever else is asked for is
 * served however much comes, and may wait for its client. Thread-safe.
 */
final class LoadSheddingValve extends ValveBase {
    /** To read and to look up an event makes turning it away dearer. */
    private static final int JUDGED = 4;

    /** Bytes; more than an event of usual length, and far less than many. */
    private static final int SMALL = 4_096;

    private final RefusalMeters refusals;
    private final RequestTimers timers;
    private final AtomicInteger late = new AtomicInteger();
    private final Refusal refusal = Refusal.tooManyRequests();
    private final byte[] body = EventsServlet.json(refusal.problemAt(EventsServlet.INSTANCE));

    LoadSheddingValve(MeterRegistry registry) {
        super(true);
        this.refusals = new RefusalMeters(registry);
        this.timers = new RequestTimers(registry, EventsServlet.PATH);
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        Permit permit = Permit.current();
        if (!isOfEvents(request)) {
            permit.release();
            getNext().invoke(request, response);
        } else if (permit.cameTooLate() && !isToBeJudged(permit, request)) {
            long waited = permit.waited();
            turnAway(response);
            timers.record(request.getMethod(), response.getStatus(), waited);
        } else {
            permit.resume();
            try {
                getNext().invoke(request, response);
            } finally {
                permit.release();
            }
            if (response.getStatus() == HttpServletResponse.SC_REQUEST_TIMEOUT) {
                endConnection(request);
            }
        }
    }

    /** Once it is answered: Tomcat would go on to read what is left of the body, byte by byte as it comes. */
    private static void endConnection(Request request) {
        request.getCoyoteRequest().action(ActionCode.DISABLE_SWALLOW_INPUT, null);
    }

    private boolean isToBeJudged(Permit permit, Request request) {
        long length = request.getContentLengthLong();
        return permit.standing() != Standing.TRUSTED
                && length >= 0
                && length <= SMALL
                && late.getAndIncrement() % JUDGED == 0;
    }

    private static boolean isOfEvents(Request request) {
        return EventsServlet.PATH.equals(request.getDecodedRequestURI())
                && request.getMethod().equals(HttpMethod.POST.name());
    }

    private void turnAway(Response response) throws IOException {
        refusals.refused(refusal.code());
        response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, OpenToAnyPage.ORIGIN);
        response.setHeader(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, OpenToAnyPage.EXPOSED);
        EventsServlet.refuse(response, refusal, body);
    }
}
