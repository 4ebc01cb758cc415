package dev.millrace.ledger.balance;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import com.google.common.base.Ticker;
import dev.millrace.ledger.creator.Creator;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Supplier;

/**
 * One follower's stream of server-sent events. The thread of its request writes; {@link BalanceFollowers} offers what it read. Between the two
 * stands the newest event alone, so a client that reads slowly skips events and holds no memory. A write that the client does not take ends the
 * stream after the server's {@code connection-timeout}; one that is closed ends within a second. Thread-safe.
 */
final class BalanceStream {
    private static final Duration LEAST_BETWEEN_EVENTS = Duration.ofSeconds(1);

    private static final byte[] RETRY = ascii("retry: 2000\n");
    private static final byte[] HEARTBEAT = ascii(":\n\n");
    private static final byte[] TOKEN_EXPIRED = ascii("event: end\ndata: {\"code\":\"token-expired\"}\n\n");

    private final Creator creator;
    private final Duration heartbeat;
    private final Ticker ticker;

    /** The newest event that was not written; empty: the stream ends. */
    private final BlockingQueue<Optional<Supplier<byte[]>>> unsent = new ArrayBlockingQueue<>(1);

    private Balance newest;
    private boolean closed;

    /**
     * @param first the stream's first event
     * @param heartbeat longest time without a line
     */
    BalanceStream(Creator creator, Balance first, Duration heartbeat, Ticker ticker) {
        this.creator = creator;
        this.newest = first;
        this.heartbeat = heartbeat;
        this.ticker = ticker;
    }

    Creator creator() {
        return creator;
    }

    /** Gives it a later reading; where that shows no other balance, nothing is sent. */
    synchronized void offer(Balance reading, Supplier<byte[]> event) {
        if (!closed && reading.differsFrom(newest)) {
            newest = reading;
            unsent.clear();
            unsent.add(Optional.of(event));
        }
    }

    /** Ends it in good order; the client comes again after the time of {@code retry}. */
    synchronized void close() {
        closed = true;
        unsent.clear();
        unsent.add(Optional.empty());
    }

    /**
     * Writes until the token expires or the stream is closed.
     *
     * @param validity how long the token is still good
     * @param sent called for each balance that was written
     * @throws IOException when the client is gone, or does not read
     */
    void write(OutputStream out, byte[] first, Duration validity, Runnable sent) throws IOException {
        long expiry = ticker.read()
                + NANOSECONDS.convert(validity); // as long as a clock tells, for one that is good for ever
        out.write(RETRY);
        out.write(first);
        try {
            while (true) {
                out.flush();
                sent.run();
                NANOSECONDS.sleep(Math.min(LEAST_BETWEEN_EVENTS.toNanos(), expiry - ticker.read()));
                Optional<Supplier<byte[]>> next = next(out, expiry);
                if (next.isEmpty()) {
                    return;
                }
                out.write(next.get().get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for the next event, with heartbeats; empty at the end. */
    private Optional<Supplier<byte[]>> next(OutputStream out, long expiry) throws IOException, InterruptedException {
        while (true) {
            Optional<Supplier<byte[]>> next =
                    unsent.poll(Math.min(heartbeat.toNanos(), expiry - ticker.read()), NANOSECONDS);
            if (ticker.read() - expiry >= 0) {
                out.write(TOKEN_EXPIRED);
                return Optional.empty();
            }
            if (next != null) {
                return next;
            }
            out.write(HEARTBEAT);
            out.flush();
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
