package dev.millrace.service;

import com.google.common.base.Ticker;
import dev.millrace.service.problem.Problem;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Enumeration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;
import org.apache.tomcat.util.net.ApplicationBufferHandler;
import org.springframework.http.HttpStatus;

/**
 * Two rules that hold for every request. A header that decides what a body, its sender or its repetition is comes once: whoever reads the
 * first and whoever reads the last of two would see different requests. The body of a refused request is read to its end, so
 * that its sender sees the answer, for ten seconds; then the connection ends. Thread-safe.
 */
final class RequestRulesValve extends ValveBase {
    private static final List<String> ONCE = List.of("Authorization", "Content-Encoding", "Idempotency-Key");
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Bytes of a refused body. */
    private static final int MOST_READ = 2 << 20;

    private static final int FIRST_ERROR = 400;

    private final ServerErrors errors;
    private final Ticker ticker;

    RequestRulesValve(ServerErrors errors, Ticker ticker) {
        super(true);
        this.errors = errors;
        this.ticker = ticker;
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        for (String header : ONCE) {
            if (isRepeated(request, header)) {
                errors.write(
                        request, response, Problem.REQUEST_MALFORMED.because(header + " is there twice; send it once"));
                endConnection(request);
                return;
            }
        }
        getNext().invoke(request, response);
        if (response.getStatus() >= FIRST_ERROR && !request.isAsync() && !isRead(request)) {
            readOrEnd(request, response);
        }
    }

    private static boolean isRepeated(Request request, String header) {
        Enumeration<String> values = request.getHeaders(header);
        if (!values.hasMoreElements()) {
            return false;
        }
        values.nextElement();
        return values.hasMoreElements();
    }

    /** A body that has been too slow already is not waited for once more. */
    private void readOrEnd(Request request, Response response) {
        boolean slow = response.getStatus() == HttpStatus.REQUEST_TIMEOUT.value();
        if (slow || !readToEnd(request)) {
            endConnection(request);
        }
    }

    /** Below the servlet's stream, which is closed by now. */
    private boolean readToEnd(Request request) {
        long deadline = ticker.read() + PATIENCE.toNanos();
        Discarded discarded = new Discarded();
        int all = 0;
        try {
            while (all < MOST_READ && ticker.read() - deadline < 0) {
                int read = request.getCoyoteRequest().doRead(discarded);
                if (read < 0) {
                    return true;
                }
                all += read;
            }
        } catch (IOException e) {
            return false;
        }
        return false;
    }

    /** Takes the bytes that the server has read, and forgets them. */
    private static final class Discarded implements ApplicationBufferHandler {
        private ByteBuffer buffer = ByteBuffer.allocate(0);

        @Override
        public void setByteBuffer(ByteBuffer read) {
            buffer = read;
        }

        @Override
        public ByteBuffer getByteBuffer() {
            return buffer;
        }

        @Override
        public void expand(int size) {
            // The server has room of its own.
        }
    }

    private static boolean isRead(Request request) {
        AtomicBoolean read = new AtomicBoolean();
        request.getCoyoteRequest().action(ActionCode.REQUEST_BODY_FULLY_READ, read);
        return read.get();
    }

    /** Ends it after the answer; Tomcat would read the rest of the body, byte by byte as it comes. */
    private static void endConnection(Request request) {
        request.getCoyoteRequest().action(ActionCode.DISABLE_SWALLOW_INPUT, null);
    }
}
