package dev.millrace.ingest.receive;

import dev.millrace.ingest.limit.Permit;
import dev.millrace.ingest.limit.Standing;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.ServletException;
import java.io.IOException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;

/**
 * Answers events that came too late to be counted ({@link Permit#cameTooLate()}) as soon as the server has read a request's
 * head: what turning away costs is taken from those who are served. Where nothing is known of the connection the endpoint does it,
 * after a look at what has come. Only events hold a permit: whatever else is asked for is
 * served however much comes, and may wait for its client. Thread-safe.
 */
final class LoadSheddingValve extends ValveBase {
    private final RefusalMeters refusals;
    private final RequestTimers timers;
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
        } else if (permit.cameTooLate() && permit.standing() != Standing.NEW) {
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
        }
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
