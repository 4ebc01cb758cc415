package dev.millrace.lab.load;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests that are written out beforehand, and takes as little as it can of the machine that it shares with the
 * server: one thread, one selector, no copy of a request. Connections are opened as arrivals find none that is free; where all
 * are taken, arrivals wait. The one used last is used next, and one that the server closes is opened again. Over Redis' protocol
 * a request is a pipeline of commands.
 */
public final class LoadClient {
    /** Silence of the server after which a run is given up. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** A selector waits whole milliseconds; shorter waits are slept in naps of at most this. */
    private static final long NAP_NANOS = 100_000;

    private static final long MILLI = 1_000_000;

    /** Deadlines are looked at this often. */
    private static final long LONGEST_WAIT_MILLIS = 100;

    private final InetSocketAddress address;
    private final int most;
    private final Supplier<ReplyParser> replies;

    private LoadClient(int port, int most, Supplier<ReplyParser> replies) {
        this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        this.most = most;
        this.replies = replies;
    }

    /**
     * To an HTTP server on the loopback address.
     *
     * @param most connections; each has one request in flight at most
     */
    public static LoadClient http(int port, int most) {
        return new LoadClient(port, most, HttpReply::new);
    }

    /** To a Redis on the loopback address, by how many commands the request of a number holds. */
    public static LoadClient redis(int port, int most, IntUnaryOperator commands) {
        return new LoadClient(port, most, () -> new RespReply(commands));
    }

    /**
     * Returns the same when all is over.
     *
     * @throws IOException when nobody listens, or nothing is answered for 30 s
     */
    public Delivery send(Delivery delivery) throws IOException {
        try (Selector selector = Selector.open();
                Run run = new Run(delivery, selector)) {
            run.run();
        }
        return delivery;
    }

    /**
     * Returns the same when all is over.
     *
     * @throws IllegalStateException when an answer neither acknowledges everything nor asks for a repetition
     */
    public Delivery deliver(Delivery delivery) throws IOException {
        send(delivery);
        if (!delivery.complaint().isEmpty()) {
            throw new IllegalStateException("the server answered " + delivery.complaint());
        }
        return delivery;
    }

    /** Sends in a thread of its own, beside something else. */
    public Background start(Delivery delivery) {
        FutureTask<Delivery> task = new FutureTask<>(() -> deliver(delivery));
        Thread.ofPlatform().name("load").daemon().start(task);
        return new Background(delivery, task);
    }

    /** A delivery that is under way. */
    public record Background(Delivery delivery, FutureTask<Delivery> task) implements AutoCloseable {
        /**
         * Returns when all is over.
         *
         * @throws ExecutionException when an answer neither acknowledges nor asks for a repetition
         */
        public Delivery await() throws InterruptedException, ExecutionException {
            return task.get();
        }

        /** Sends no more arrivals; returns when each that was sent has its answer. */
        public Delivery end() throws InterruptedException, ExecutionException {
            delivery.stop();
            return await();
        }

        @Override
        public void close() {
            delivery.stop();
        }
    }

    /** One run: a loop around a selector. For one thread. */
    private final class Run implements AutoCloseable {
        private final Delivery delivery;
        private final Selector selector;
        private final List<Lane> lanes = new ArrayList<>();
        private final Deque<Lane> idle = new ArrayDeque<>();
        private final ByteBuffer in = ByteBuffer.allocateDirect(64 * 1024);
        private long answered = System.nanoTime();
        private long looked = answered;

        private Run(Delivery delivery, Selector selector) {
            this.delivery = delivery;
            this.selector = selector;
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
                selector.select(
                        key -> ((Lane) key.attachment()).attend(key), Math.min(wait / MILLI, LONGEST_WAIT_MILLIS));
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
            private final ReplyParser reply = replies.get();
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

            /** Takes the next arrival. If the server answered before the whole request was sent, the rest of it goes first. */
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
}
