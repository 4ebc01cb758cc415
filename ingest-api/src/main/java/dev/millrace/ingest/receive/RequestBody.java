package dev.millrace.ingest.receive;

import dev.millrace.ingest.tally.Lane;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.springframework.http.HttpStatus;

/**
 * A request's body: UTF-8, not compressed, at most 512 KiB, and arrived within ten seconds. All bodies that are held at a
 * time share a budget, taken as bytes arrive, so that many slow senders can't fill the memory. Closing gives it back.
 */
final class RequestBody implements AutoCloseable {
    static final int MOST_BYTES = 512 * 1024;

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int CHUNK = 16 * 1024;

    private final Lane budget;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private int chunks;

    private RequestBody(Lane budget) {
        this.budget = budget;
    }

    /** A budget of so many bytes, for all bodies together. */
    static Lane budget(long bytes) {
        return new Lane(Math.toIntExact(bytes / CHUNK));
    }

    static RequestBody read(HttpServletRequest request, Lane budget) {
        String encoding = request.getHeader("Content-Encoding");
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw Refusal.unsupported(
                    "Content-Encoding '%s' is not supported; send the body as it is".formatted(encoding));
        }
        if (request.getContentLengthLong() > MOST_BYTES) {
            throw tooLarge(Long.toString(request.getContentLengthLong()));
        }
        RequestBody body = new RequestBody(budget);
        try {
            body.fill(request.getInputStream());
            return body;
        } catch (IOException e) {
            body.close();
            throw Refusal.bodyMalformed("the body broke off");
        } catch (RuntimeException e) {
            body.close();
            throw e;
        }
    }

    private void fill(InputStream in) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        byte[] chunk = new byte[CHUNK];
        for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
            bytes.write(chunk, 0, read);
            if (bytes.size() > MOST_BYTES) {
                throw tooLarge("more than " + MOST_BYTES);
            }
            if (System.nanoTime() > deadline) {
                throw Refusal.bodySlow("the body had not arrived after %d s".formatted(PATIENCE.toSeconds()));
            }
            reserve();
        }
    }

    private void reserve() {
        while (chunks * CHUNK < bytes.size()) {
            if (!budget.enter(1)) {
                throw Refusal.sendAgain(
                        HttpStatus.SERVICE_UNAVAILABLE,
                        "overloaded",
                        "Too many requests at once",
                        "this node holds as much as it can",
                        1);
            }
            chunks++;
        }
    }

    String text() {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw Refusal.bodyMalformed("the body is not UTF-8 text");
        }
    }

    private static Refusal tooLarge(String bytes) {
        return Refusal.bodyTooLarge("the body has %s bytes; at most %d are accepted in a request, send several"
                .formatted(bytes, MOST_BYTES));
    }

    @Override
    public void close() {
        budget.leave(chunks);
        chunks = 0;
    }
}
