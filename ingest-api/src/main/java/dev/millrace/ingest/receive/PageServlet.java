package dev.millrace.ingest.receive;

import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.Sender;
import dev.millrace.service.problem.Problem;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;

/** {@code POST /v1/page}: exchanges a page token, the same for all readers of a cached page, for an event token of this reader's own. */
final class PageServlet extends PostServlet {
    static final String PATH = "/v1/page";

    private static final long serialVersionUID = 1L;

    private final transient EventIntake intake;
    private final transient Senders senders;

    PageServlet(EventIntake intake, Senders senders, Shared shared) {
        super(PATH, shared);
        this.intake = intake;
        this.senders = senders;
    }

    @Override
    void receive(List<Event> received, HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (received.size() > 1) {
            throw Problem.BODY_MALFORMED.because(
                    "the body holds %d objects; it takes one, {\"token\": …}", received.size());
        }
        Sender sender = senders.of(request);
        ExchangedPage page = underWay(
                1,
                EventIntake.SEND_AGAIN,
                () -> intake.exchange(received.getFirst().token(), sender));
        response.setHeader("Cache-Control", "no-store");
        answer(response, HttpServletResponse.SC_OK, page);
    }
}
