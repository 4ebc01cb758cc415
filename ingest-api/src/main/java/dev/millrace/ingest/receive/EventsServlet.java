package dev.millrace.ingest.receive;

import com.google.common.base.CharMatcher;
import dev.millrace.common.message.Printable;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.Sender;
import dev.millrace.service.problem.Problem;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code POST /v1/events}: counts events. */
final class EventsServlet extends PostServlet {
    static final String PATH = "/v1/events";

    private static final long serialVersionUID = 1L;

    private static final String DRY_RUN = "dry-run";
    private static final String ORIGIN = "origin";
    private static final int MOST_SHOWN = 40;

    private final transient EventIntake intake;
    private final transient Senders senders;

    EventsServlet(EventIntake intake, Senders senders, Shared shared) {
        super(PATH, shared);
        this.intake = intake;
        this.senders = senders;
    }

    @Override
    void receive(List<Event> received, HttpServletRequest request, HttpServletResponse response) throws IOException {
        Sender sender = senders.of(request);
        if (isDryRun(request)) {
            answer(response, HttpServletResponse.SC_OK, intake.judge(received, of(sender, request)));
            return;
        }
        boolean minimal = prefersMinimal(request);
        Reply reply =
                underWay(received.size(), EventIntake.SEND_AGAIN, () -> intake.receive(received, sender, minimal));
        if (minimal) {
            response.setHeader(EventIntake.PREFERENCE_APPLIED, EventIntake.MINIMAL);
        }
        answer(response, HttpServletResponse.SC_ACCEPTED, reply);
    }

    /** As a page of this origin would send it: a page token counts on its publisher's sites alone. */
    private static Sender of(Sender sender, HttpServletRequest request) {
        String page = request.getParameter(ORIGIN);
        if (page == null) {
            return sender;
        }
        String origin = Senders.originOf(page);
        if (origin == null) {
            throw Problem.PARAMETER_INVALID.because(
                    "'origin=%s' is not understood; write it as https://www.example.com",
                    Printable.abbreviate(page, MOST_SHOWN));
        }
        return new Sender(sender.browser(), sender.userAgent(), sender.address(), sender.purpose(), origin);
    }

    /** A parameter that means a dry run but is written otherwise must not count the events. */
    private static boolean isDryRun(HttpServletRequest request) {
        for (Map.Entry<String, String[]> parameter : parameters(request).entrySet()) {
            String name = parameter.getKey();
            if (CharMatcher.inRange('a', 'z')
                    .retainFrom(name.toLowerCase(Locale.ROOT))
                    .equals("dryrun")) {
                String value = String.join(",", parameter.getValue());
                if (!name.equals(DRY_RUN) || !(value.equals("true") || value.equals("false"))) {
                    throw Problem.PARAMETER_INVALID.because(
                            "'%s=%s' is not understood; write dry-run=true to count nothing, or leave it out",
                            Printable.abbreviate(name, MOST_SHOWN), Printable.abbreviate(value, MOST_SHOWN));
                }
                return value.equals("true");
            }
        }
        return false;
    }

    /** The server refuses to decode a query with a broken escape, or with very many parameters. Whether it means a dry run can't be told. */
    private static Map<String, String[]> parameters(HttpServletRequest request) {
        try {
            return request.getParameterMap();
        } catch (IllegalStateException e) {
            throw Problem.REQUEST_MALFORMED.because(
                    "a parameter of the address is not percent-encoded UTF-8, or there are very many");
        }
    }

    /** RFC 7240: {@code Prefer: return=minimal}, alone or among others. */
    private static boolean prefersMinimal(HttpServletRequest request) {
        for (Enumeration<String> headers = request.getHeaders("Prefer"); headers.hasMoreElements(); ) {
            for (String preference : headers.nextElement().split(",", -1)) {
                if (preference.strip().replace(" ", "").replace("\"", "").equalsIgnoreCase(EventIntake.MINIMAL)) {
                    return true;
                }
            }
        }
        return false;
    }
}
