package dev.millrace.lab.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** One run of a {@link LoadClient}: a loop around a selector. For one thread. */
final class LoadRun {
    /** Silence of the server after which a run is given up. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** A selector waits whole milliseconds; shorter waits are slept in naps of at most this. */
    private static final long NAP_NANOS = 100_000;

    private static final long MILLI = 1_000_000;
    private static final long LONGEST_WAIT_MILLIS = 1_000;

    /** Before what a broken connection left is sent again. */
    private static final long PAUSE_NANOS = 10 * MILLI;

    private static final int BUFFER = 64 * 1024;

    private final List<ByteBuffer> requests;
    private final Backlog backlog;
    private final Refusals refusals;
    private final Histogram nanos;
    private final @Nullable Answers answers;
    private final Selector selector;
    private final Deque<Connection> idle = new ArrayDeque<>();
    private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER);
    private final Map<Integer, Long> byStatus = new HashMap<>();
    private final long began;
    private int connections;
    private long answered;
    private long failed;
    private long sentAgain;

    LoadRun(
            List<ByteBuffer> requests,
            Drive drive,
            Refusals refusals,
            Histogram nanos,
            @Nullable Answers answers,
            Selector selector) {
        this.requests = List.copyOf(requests);
        this.refusals = refusals;
        this.nanos = nanos;
        this.answers = answers;
        this.selector = selector;
        this.began = System.nanoTime();
        this.backlog = new Backlog(requests.size(), drive, began);
        this.answered = began;
    }

    /** Returns when no request is left. */
    LoadReport over(List<Connection> open) throws IOException {
        connections = open.size();
        idle.addAll(open);
        try {
            while (!backlog.isFinished()) {
                sendWhatIsDue();
                await();
                backlog.endWhereOver();
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return new LoadReport(began, System.nanoTime() - began, byStatus, failed, sentAgain);
    }

    private void sendWhatIsDue() throws IOException {
        while (!idle.isEmpty()) {
            int next = backlog.next(System.nanoTime());
            if (next == Backlog.NOTHING) {
                return;
            }
            send(idle.remove(), next);
        }
    }

    private void await() throws IOException {
        long now = System.nanoTime();
        if (idle.size() == connections) {
            answered = now; // Nobody is asked, so nobody is silent.
        }
        if (now - answered > PATIENCE_NANOS) {
            throw new IOException("no answer for %d s".formatted(TimeUnit.NANOSECONDS.toSeconds(now - answered)));
        }
        long wait = idle.isEmpty() ? Long.MAX_VALUE : backlog.untilNext(now);
        if (wait >= MILLI) {
            selector.select(this::attend, Math.min(wait / MILLI, LONGEST_WAIT_MILLIS));
        } else if (selector.selectNow(this::attend) == 0) {
            LockSupport.parkNanos(Math.min(wait, NAP_NANOS));
        }
    }

    private void attend(SelectionKey key) {
        Connection connection = (Connection) key.attachment();
        try {
            if (key.isWritable()) {
                connection.write();
            }
            if (key.isValid() && key.isReadable() && connection.read(in)) {
                takeAnswer(connection);
            }
        } catch (IOException e) {
            leave(connection);
        }
    }

    private void takeAnswer(Connection connection) throws IOException {
        answered = System.nanoTime();
        int request = connection.request();
        ReplyReader reply = connection.reply();
        int status = reply.status();
        byStatus.merge(status, 1L, Long::sum);
        if (answers != null) {
            answers.take(request, status, reply.body());
        }
        if (Status.isSuccess(status)) {
            nanos.recordValue(answered - backlog.since(request));
            backlog.finish();
        } else if (Status.isRefusal(status)) {
            refused(request, TimeUnit.SECONDS.toNanos(reply.retryAfter()));
        } else {
            backlog.finish();
        }
        connection.finish();
        goOn(connection);
    }

    /** A broken connection; its request, if any, has no answer. */
    private void leave(Connection connection) {
        int request = connection.request();
        try {
            connection.giveUp();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (request != Backlog.NOTHING) {
            failed++;
            refused(request, PAUSE_NANOS);
            idle.add(connection);
        }
    }

    private void refused(int request, long waitNanos) {
        if (refusals == Refusals.SEND_AGAIN) {
            sentAgain++;
            backlog.repeat(request, System.nanoTime() + waitNanos);
        } else {
            backlog.finish();
        }
    }

    private void goOn(Connection connection) {
        int next = backlog.next(System.nanoTime());
        if (next == Backlog.NOTHING) {
            idle.add(connection);
        } else {
            send(connection, next);
        }
    }

    /** A connection that can't be opened ends the run; one that breaks is left. */
    private void send(Connection connection, int request) {
        try {
            connection.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            connection.send(request, requests.get(request));
        } catch (IOException e) {
            leave(connection);
        }
    }
}
