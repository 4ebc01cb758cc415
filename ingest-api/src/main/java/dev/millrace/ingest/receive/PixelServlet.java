package dev.millrace.ingest.receive;

import dev.millrace.ingest.verify.CountersUnavailableException;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.Outcome;
import dev.millrace.service.problem.Methods;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code GET /v1/pixel.gif?t=<token>}: counts a view where no script runs. Whatever becomes of it, the answer is the same image: a newsletter or a page
 * must not show a broken one. The verdict is in a header.
 */
final class PixelServlet extends EdgeServlet {
    static final String PATH = "/v1/pixel.gif";
    static final String VERDICT = "Millrace-Verdict";

    private static final long serialVersionUID = 1L;

    private static final String TOKEN = "t";
    private static final String UNAVAILABLE = "unavailable";

    /** GIF89a, one transparent pixel: header and screen, two colours, transparency, the image, the end. */
    private static final byte[] GIF = HexFormat.of()
            .parseHex("474946383961" + "01000100800000" + "000000ffffff" + "21f90401000000" + "00"
                    + "2c000000000100010000" + "0202440100" + "3b");

    private static final Logger log = LoggerFactory.getLogger(PixelServlet.class);

    private final transient EventIntake intake;
    private final transient Senders senders;

    PixelServlet(EventIntake intake, Senders senders, Shared shared) {
        super(PATH, shared);
        this.intake = intake;
        this.senders = senders;
    }

    @Override
    void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setHeader("Access-Control-Allow-Origin", "*");
        response.setHeader("Access-Control-Expose-Headers", VERDICT);
        response.setHeader("Cross-Origin-Resource-Policy", "cross-origin");
        response.setHeader("Cache-Control", "no-store, no-cache, must-revalidate, private");
        Methods.requireRead(request);
        boolean head = request.getMethod().equals("HEAD");
        if (!head) {
            response.setHeader(VERDICT, verdict(request));
        }
        response.setContentType("image/gif");
        response.setContentLength(GIF.length);
        if (!head) {
            response.getOutputStream().write(GIF);
        }
    }

    private String verdict(HttpServletRequest request) {
        if (!shared.events().tryAcquire()) {
            return UNAVAILABLE;
        }
        try {
            Outcome outcome = intake.receive(new Event(token(request), "view", null), senders.of(request));
            return switch (outcome.status()) {
                case FILTERED -> outcome.status() + " " + outcome.reason();
                case REJECTED -> outcome.status() + " " + outcome.code();
                case ACCEPTED, DUPLICATE -> outcome.status().toString();
            };
        } catch (CountersUnavailableException e) {
            return UNAVAILABLE;
        } catch (RuntimeException | Error failure) {
            log.error("a pixel failed", failure);
            return UNAVAILABLE;
        } finally {
            shared.events().release();
        }
    }

    /** Of two tokens neither is meant. The server refuses to decode a query with a broken escape, or with very many parameters. */
    private static @Nullable String token(HttpServletRequest request) {
        try {
            String[] tokens = request.getParameterValues(TOKEN);
            return tokens == null || tokens.length != 1 ? null : tokens[0];
        } catch (IllegalStateException e) {
            return null;
        }
    }
}
