package dev.millrace.lab.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** One run of a {@link LoadClient}: a loop around a selector. For one thread. */
final class LoadRun {
    /** Silence of the server after which a run is given up. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** A selector waits whole milliseconds; shorter waits are slept in naps of at most this. */
    private static final long NAP_NANOS = 100_000;

    private static final long MILLI = 1_000_000;

    /** Deadlines are looked at this often. */
    private static final long LONGEST_WAIT_MILLIS = 100;

    private static final int BUFFER = 64 * 1024;

    private final Traffic traffic;
    private final Selector selector;
    private final Supplier<Connection> another;
    private final int most;
    private final List<Connection> connections = new ArrayList<>();
    private final Deque<Connection> idle = new ArrayDeque<>();
    private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER);
    private long answered;
    private long looked;

    /**
     * @param another makes a connection
     * @param most how many there may be
     */
    LoadRun(Traffic traffic, Selector selector, Supplier<Connection> another, int most) {
        this.traffic = traffic;
        this.selector = selector;
        this.another = another;
        this.most = most;
    }

    /** Makes so many connections ready before the clock starts. */
    void open(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            Connection connection = add();
            connection.open();
            idle.add(connection);
        }
    }

    /** Returns when nothing is left to send or to wait for. */
    void run() throws IOException {
        answered = System.nanoTime();
        looked = answered;
        traffic.begin(answered);
        try {
            while (!traffic.isFinished()) {
                sendWhatIsDue();
                await();
                giveUpWhatIsLate();
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Most that were there at a time, open or not. */
    int connections() {
        return connections.size();
    }

    void close() throws IOException {
        for (Connection connection : connections) {
            connection.close();
        }
    }

    private Connection add() {
        Connection connection = another.get();
        connections.add(connection);
        return connection;
    }

    private boolean canSend() {
        return !idle.isEmpty() || connections.size() < most;
    }

    private void sendWhatIsDue() {
        while (canSend()) {
            int next = traffic.next(System.nanoTime());
            if (next == Traffic.NOTHING) {
                return;
            }
            send(idle.isEmpty() ? add() : idle.pop(), next);
        }
    }

    private void await() throws IOException {
        long now = System.nanoTime();
        if (idle.size() == connections.size()) {
            answered = now; // Nobody is asked, so nobody is silent.
        }
        if (now - answered > PATIENCE_NANOS) {
            throw new IOException("no answer for %d s".formatted(TimeUnit.NANOSECONDS.toSeconds(now - answered)));
        }
        long wait = canSend() ? traffic.untilNext(now) : Long.MAX_VALUE;
        if (wait >= MILLI) {
            selector.select(this::attend, Math.min(wait / MILLI, LONGEST_WAIT_MILLIS));
        } else if (selector.selectNow(this::attend) == 0) {
            LockSupport.parkNanos(Math.min(wait, NAP_NANOS));
        }
    }

    private void giveUpWhatIsLate() {
        long now = System.nanoTime();
        if (now - looked < LONGEST_WAIT_MILLIS * MILLI) {
            return;
        }
        looked = now;
        for (Connection connection : connections) {
            int request = connection.request();
            if (request != Traffic.NOTHING && isOver(traffic.deadline(request), now)) {
                leave(connection, Traffic.Silence.LATE);
            }
        }
    }

    private static boolean isOver(long deadline, long now) {
        return deadline != Traffic.NEVER && now - deadline >= 0;
    }

    private void attend(SelectionKey key) {
        Connection connection = (Connection) key.attachment();
        try {
            if (key.isConnectable()) {
                connect(connection);
            }
            if (key.isValid() && key.isWritable() && connection.write()) {
                goOn(connection);
            }
            if (key.isValid() && key.isReadable() && connection.read(in)) {
                takeAnswer(connection);
            }
        } catch (IOException e) {
            leave(connection, Traffic.Silence.BROKEN);
        }
    }

    /** A connection that can't be opened ends the run; one that breaks is left. */
    private static void connect(Connection connection) {
        try {
            connection.connected();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void takeAnswer(Connection connection) throws IOException {
        answered = System.nanoTime();
        traffic.answered(connection.request(), connection.reply(), answered);
        if (connection.finish()) {
            goOn(connection);
        }
    }

    /** The request, if any, has no answer. */
    private void leave(Connection connection, Traffic.Silence why) {
        int request = connection.request();
        boolean busy = connection.isBusy();
        try {
            connection.giveUp();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (request != Traffic.NOTHING) {
            traffic.unanswered(request, why, System.nanoTime());
        }
        if (busy) {
            idle.push(connection);
        }
    }

    private void goOn(Connection connection) {
        int next = traffic.next(System.nanoTime());
        if (next == Traffic.NOTHING) {
            idle.push(connection);
        } else {
            send(connection, next);
        }
    }

    private void send(Connection connection, int request) {
        try {
            connection.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            connection.send(request, traffic.bytes(request));
        } catch (IOException e) {
            leave(connection, Traffic.Silence.BROKEN);
        }
    }
}
