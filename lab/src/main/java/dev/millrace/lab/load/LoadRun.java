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

    private final Traffic traffic;
    private final Selector selector;
    private final InetSocketAddress address;
    private final Supplier<ReplyReader> readers;
    private final int most;
    private final List<Lane> lanes = new ArrayList<>();
    private final Deque<Lane> idle = new ArrayDeque<>();
    private final ByteBuffer in = ByteBuffer.allocateDirect(64 * 1024);
    private long answered;
    private long looked;

    /** @param most connections that there may be */
    LoadRun(Traffic traffic, Selector selector, InetSocketAddress address, Supplier<ReplyReader> readers, int most) {
        this.traffic = traffic;
        this.selector = selector;
        this.address = address;
        this.readers = readers;
        this.most = most;
    }

    /** Makes so many connections ready before the clock starts. */
    void open(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            Lane lane = new Lane();
            lane.open();
            idle.add(lane);
        }
    }

    /** Returns when nothing is left to send or to wait for. A connection that can't be opened ends the run. */
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
        return lanes.size();
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
            int next = traffic.next(System.nanoTime());
            if (next == Traffic.NOTHING) {
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
        long wait = canSend() ? traffic.untilNext(now) : Traffic.NEVER;
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
                long deadline = lane.request == Traffic.NOTHING ? Traffic.NEVER : traffic.deadline(lane.request);
                if (deadline != Traffic.NEVER && now - deadline >= 0) {
                    lane.leave(Traffic.Silence.LATE);
                }
            }
        }
    }

    /** A connection with one request in flight at most, opened again whenever a request finds it closed. */
    private final class Lane {
        private final ReplyReader reader = readers.get();
        private @Nullable SelectionKey key;
        private @Nullable ByteBuffer out;
        private int request = Traffic.NOTHING;

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
            request = number;
            reader.begin(number);
            out = traffic.bytes(number).duplicate();
            try {
                if (key != null && ((SocketChannel) key.channel()).isConnected()) {
                    write(key);
                }
            } catch (IOException e) {
                leave(Traffic.Silence.BROKEN);
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
                leave(Traffic.Silence.BROKEN);
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
                if (request != Traffic.NOTHING || out != null) {
                    throw new EOFException("the server closed the connection before its answer was complete");
                }
                close();
            } else if (request == Traffic.NOTHING) {
                throw new IOException("the server sent something that nobody asked for");
            } else if (reader.read(in.flip())) {
                answered = System.nanoTime();
                traffic.answered(request, reader, answered);
                request = Traffic.NOTHING;
                if (reader.closes()) {
                    out = null;
                    close();
                }
                goOn();
            }
        }

        /** Takes the next request; a server that answered early takes the rest of the one before first. */
        private void goOn() {
            if (request == Traffic.NOTHING && out == null) {
                int next = traffic.next(System.nanoTime());
                if (next == Traffic.NOTHING) {
                    idle.push(this);
                } else {
                    send(next);
                }
            }
        }

        /** The request, if any, stays without an answer. */
        private void leave(Traffic.Silence why) {
            int left = request;
            boolean busy = left != Traffic.NOTHING || out != null;
            request = Traffic.NOTHING;
            out = null;
            close();
            if (left != Traffic.NOTHING) {
                traffic.unanswered(left, why, System.nanoTime());
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
