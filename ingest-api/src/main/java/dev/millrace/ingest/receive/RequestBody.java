package dev.millrace.ingest.receive;

import com.google.common.base.Ticker;
import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Semaphore;

/**
 * A request's body: not compressed, at most 512 KiB, and arrived within ten seconds. All bodies that are held at a
 * time share a budget, taken as bytes arrive, so that many slow senders can't fill the memory. Closing gives it back.
 */
final class RequestBody implements AutoCloseable {
    static final int MOST_BYTES = 512 * 1024;

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int KIB = 1_024;
    private static final int CHUNK = 16 * KIB;

    /** Bytes held before any have arrived: most single events fit. */
    private static final int FIRST = KIB;

    private final Semaphore budget;
    private byte[] bytes;
    private int length;

    /** KiB of the budget that are taken. */
    private int taken;

    /** @param announced bytes that are said to come, negative where nothing is said */
    private RequestBody(Semaphore budget, long announced) {
        this.budget = budget;
        this.bytes = new byte[announced < 0 ? FIRST : Math.toIntExact(Math.min(announced, FIRST))];
    }

    /**
     * Reads it to its end.
     *
     * @param budget a permit a KiB, of all bodies together
     * @throws ProblemException when it is of another kind, too large, too slow or broken off, or when there is no room
     */
    static RequestBody read(HttpServletRequest request, Semaphore budget, Ticker ticker) {
        String encoding = request.getHeader("Content-Encoding");
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw Problem.UNSUPPORTED_MEDIA_TYPE.because(
                    "Content-Encoding '%s' is not supported; send the body as it is", encoding);
        }
        long announced = request.getContentLengthLong();
        if (announced > MOST_BYTES) {
            throw tooLarge(Long.toString(announced));
        }
        RequestBody body = new RequestBody(budget, announced);
        try {
            body.fill(request.getInputStream(), ticker);
            return body;
        } catch (IOException e) {
            body.close();
            throw Problem.BODY_MALFORMED.because("the body broke off");
        } catch (RuntimeException | Error e) {
            body.close();
            throw e;
        }
    }

    /** The buffer grows with the bytes that have arrived, not with the announced length: to a chunk, then to twice as much each time. */
    private void fill(InputStream in, Ticker ticker) throws IOException {
        long deadline = ticker.read() + PATIENCE.toNanos();
        while (true) {
            if (length == bytes.length) {
                int next = in.read();
                if (next < 0) {
                    return;
                }
                bytes = Arrays.copyOf(bytes, Math.max(CHUNK, 2 * length));
                bytes[length++] = (byte) next;
            } else {
                int read = in.read(bytes, length, bytes.length - length);
                if (read < 0) {
                    return;
                }
                length += read;
            }
            if (length > MOST_BYTES) {
                throw tooLarge("more than " + MOST_BYTES);
            }
            if (ticker.read() - deadline > 0) {
                throw Problem.BODY_TIMEOUT.because("the body had not arrived after %d s", PATIENCE.toSeconds());
            }
            reserve();
        }
    }

    /** Charges the allocated buffer, not the bytes received, so slow senders of small bodies use little of the budget. */
    private void reserve() {
        int more = Math.ceilDiv(bytes.length, KIB) - taken;
        if (more > 0) {
            if (!budget.tryAcquire(more)) {
                throw Problem.OVERLOADED.because("this node holds as much as it can" + EventIntake.SEND_AGAIN);
            }
            taken += more;
        }
    }

    /** How many of the bytes are the body. */
    int length() {
        return length;
    }

    /** The body, and room behind it. */
    byte[] bytes() {
        return bytes;
    }

    private static ProblemException tooLarge(String bytes) {
        return Problem.BODY_TOO_LARGE.because(
                "the body has %s bytes; at most %d are accepted in a request, send several", bytes, MOST_BYTES);
    }

    @Override
    public void close() {
        budget.release(taken);
        taken = 0;
    }
}
