package dev.millrace.ledger.balance;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import com.google.common.base.Ticker;
import dev.millrace.ledger.creator.Creator;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One follower's stream of server-sent events. The thread of its request writes; {@link BalanceFollowers} offers what it read. Between the two
 * stands the newest event alone, so a client that reads slowly skips events and holds no memory. A write that the client does not take ends the
 * stream after the server's {@code connection-timeout}. Thread-safe.
 */
final class BalanceStream {
    private static final Duration LEAST_BETWEEN_EVENTS = Duration.ofSeconds(1);

    private static final byte[] RETRY = ascii("retry: 2000\n");
    private static final byte[] HEARTBEAT = ascii(":\n\n");
    private static final byte[] TOKEN_EXPIRED = ascii("event: end\ndata: {\"code\":\"token-expired\"}\n\n");

    private final Creator creator;
    private final Duration heartbeat;
    private final Ticker ticker;
    private BalanceReading.Live newest;
    private @Nullable Supplier<byte[]> unsent;
    private boolean closed;

    /**
     * @param first what the stream begins with
     * @param heartbeat longest time without a line
     */
    BalanceStream(Creator creator, BalanceReading.Live first, Duration heartbeat, Ticker ticker) {
        this.creator = creator;
        this.newest = first;
        this.heartbeat = heartbeat;
        this.ticker = ticker;
    }

    Creator creator() {
        return creator;
    }

    /** Gives it a later reading; where that shows no other balance, nothing is sent. */
    synchronized void offer(BalanceReading.Live reading, Supplier<byte[]> event) {
        if (reading.differsFrom(newest)) {
            newest = reading;
            unsent = event;
            notifyAll();
        }
    }

    /** Ends it in good order; the client comes again after the time of {@code retry}. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }

    /** What the writer waits for. */
    private enum Due {
        EVENT,
        HEARTBEAT,
        EXPIRY,
        CLOSE
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
        while (true) {
            out.flush();
            sent.run();
            long earliest = ticker.read() + LEAST_BETWEEN_EVENTS.toNanos();
            Due due = await(earliest, expiry);
            while (due == Due.HEARTBEAT) {
                out.write(HEARTBEAT);
                out.flush();
                due = await(earliest, expiry);
            }
            if (due == Due.EXPIRY) {
                out.write(TOKEN_EXPIRED);
            }
            if (due != Due.EVENT) {
                return;
            }
            out.write(takeUnsent());
        }
    }

    private synchronized Due await(long earliestEvent, long expiry) {
        long silence = ticker.read() + heartbeat.toNanos();
        while (!closed) {
            long now = ticker.read();
            if (now - expiry >= 0) {
                return Due.EXPIRY;
            }
            if (unsent != null && now - earliestEvent >= 0) {
                return Due.EVENT;
            }
            if (now - silence >= 0) {
                return Due.HEARTBEAT;
            }
            long due = Math.min(expiry - now, silence - now);
            try {
                NANOSECONDS.timedWait(this, unsent == null ? due : Math.min(due, earliestEvent - now));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Due.CLOSE;
            }
        }
        return Due.CLOSE;
    }

    private synchronized byte[] takeUnsent() {
        byte[] event = Objects.requireNonNull(unsent).get();
        unsent = null;
        return event;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
