package dev.millrace.lab.load;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One run of a {@link LoadClient}: a loop around a selector. For one thread. */
final class LoadRun implements AutoCloseable {
    /** Silence of the server after which a run is given up. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** A selector waits whole milliseconds; shorter waits are slept in naps of at most this. */
    private static final long NAP_NANOS = 100_000;

    private static final long MILLI = 1_000_000;

    /** Deadlines are looked at this often. */
    private static final long LONGEST_WAIT_MILLIS = 100;

    private final Delivery delivery;
    private final Selector selector;
    private final InetSocketAddress address;
    private final Supplier<Reply> replies;
    private final int most;
    private final List<Lane> lanes = new ArrayList<>();
    private final Deque<Lane> idle = new ArrayDeque<>();
    private final ByteBuffer in = ByteBuffer.allocateDirect(64 * 1024);
    private long answered = System.nanoTime();
    private long looked = answered;

    /** @param most connections that there may be */
    LoadRun(Delivery delivery, Selector selector, InetSocketAddress address, Supplier<Reply> replies, int most) {
        this.delivery = delivery;
        this.selector = selector;
        this.address = address;
        this.replies = replies;
        this.most = most;
    }

    /** Returns when nothing is left to send or to wait for. A connection that can't be opened ends the run. */
    void run() throws IOException {
        delivery.begin(answered);
        try {
            while (!delivery.isFinished()) {
                sendWhatIsDue();
                await();
                giveUpWhatIsLate();
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        delivery.end(System.nanoTime(), lanes.size());
    }

    @Override
    public void close() {
        lanes.forEach(Lane::close);
    }

    private boolean canSend() {
        return !idle.isEmpty() || lanes.size() < most;
    }

    private void sendWhatIsDue() {
        while (canSend()) {
            int next = delivery.next(System.nanoTime());
            if (next == Delivery.NOTHING) {
                return;
            }
            (idle.isEmpty() ? new Lane() : idle.pop()).send(next);
        }
    }

    private void await() throws IOException {
        long now = System.nanoTime();
        if (idle.size() == lanes.size()) {
            answered = now; // Nobody is asked, so nobody is silent.
        }
        if (now - answered > PATIENCE_NANOS) {
            throw new IOException("no answer for %d s".formatted(TimeUnit.NANOSECONDS.toSeconds(now - answered)));
        }
        long wait = canSend() ? delivery.untilNext(now) : Delivery.NEVER;
        if (wait >= MILLI) {
            selector.select(key -> ((Lane) key.attachment()).attend(key), Math.min(wait / MILLI, LONGEST_WAIT_MILLIS));
        } else if (selector.selectNow(key -> ((Lane) key.attachment()).attend(key)) == 0) {
            LockSupport.parkNanos(Math.min(wait, NAP_NANOS));
        }
    }

    private void giveUpWhatIsLate() {
        long now = System.nanoTime();
        if (now - looked >= LONGEST_WAIT_MILLIS * MILLI) {
            looked = now;
            for (Lane lane : lanes) {
                if (lane.arrival != Delivery.NOTHING && delivery.isLate(lane.sent, now)) {
                    lane.leave(true);
                }
            }
        }
    }

    /** A connection with one request in flight at most, opened again whenever a request finds it closed. */
    private final class Lane {
        private final Reply reply = replies.get();
        private @Nullable SelectionKey key;
        private @Nullable ByteBuffer out;
        private int arrival = Delivery.NOTHING;
        private long sent;

        private Lane() {
            lanes.add(this);
        }

        private void open() throws IOException {
            if (key == null) {
                SocketChannel channel = SocketChannel.open();
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                channel.configureBlocking(false);
                boolean open = channel.connect(address);
                key = channel.register(selector, open ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, this);
            }
        }

        private void send(int number) {
            try {
                open();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            arrival = number;
            sent = System.nanoTime();
            reply.begin(number);
            out = delivery.bytes(number).duplicate();
            try {
                if (key != null && ((SocketChannel) key.channel()).isConnected()) {
                    write(key);
                }
            } catch (IOException e) {
                leave(false);
            }
        }

        private void attend(SelectionKey key) {
            if (key.isConnectable()) {
                try {
                    ((SocketChannel) key.channel()).finishConnect();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                key.interestOps(out == null ? SelectionKey.OP_READ : SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            }
            try {
                if (key.isValid() && key.isWritable() && out != null) {
                    write(key);
                    goOn();
                }
                if (key.isValid() && key.isReadable()) {
                    read(key);
                }
            } catch (IOException e) {
                leave(false);
            }
        }

        private void write(SelectionKey key) throws IOException {
            ByteBuffer bytes = out;
            if (bytes != null) {
                ((SocketChannel) key.channel()).write(bytes);
                out = bytes.hasRemaining() ? bytes : null;
                key.interestOps(out == null ? SelectionKey.OP_READ : SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            }
        }

        private void read(SelectionKey key) throws IOException {
            if (((SocketChannel) key.channel()).read(in.clear()) < 0) {
                if (arrival != Delivery.NOTHING || out != null) {
                    throw new EOFException("the server closed the connection before its answer was complete");
                }
                close();
            } else if (arrival == Delivery.NOTHING) {
                throw new IOException("the server sent something that nobody asked for");
            } else if (reply.read(in.flip())) {
                answered = System.nanoTime();
                delivery.answered(arrival, reply, answered);
                arrival = Delivery.NOTHING;
                if (reply.closes()) {
                    out = null;
                    close();
                }
                goOn();
            }
        }

        /** Takes the next arrival; a server that answered early takes the rest of the one before first. */
        private void goOn() {
            if (arrival == Delivery.NOTHING && out == null) {
                int next = delivery.next(System.nanoTime());
                if (next == Delivery.NOTHING) {
                    idle.push(this);
                } else {
                    send(next);
                }
            }
        }

        /** The arrival, if any, stays without an answer. */
        private void leave(boolean late) {
            int left = arrival;
            boolean busy = left != Delivery.NOTHING || out != null;
            arrival = Delivery.NOTHING;
            out = null;
            close();
            if (left != Delivery.NOTHING) {
                delivery.unanswered(left, late, System.nanoTime());
            }
            if (busy) {
                idle.push(this);
            }
        }

        private void close() {
            try {
                if (key != null) {
                    key.channel().close();
                }
            } catch (IOException e) {
                // It is gone in any case.
            }
            key = null;
        }
    }
}
