package dev.millrace.lab.load;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** One connection with one request in flight at most, opened again whenever a request finds it closed. For one thread. */
final class Connection {
    private final InetSocketAddress address;
    private final Selector selector;
    private final ReplyReader reader;
    private @Nullable SelectionKey key;
    private @Nullable ByteBuffer out;
    private int request = Backlog.NOTHING;

    Connection(InetSocketAddress address, Selector selector, ReplyReader reader) {
        this.address = address;
        this.selector = selector;
        this.reader = reader;
    }

    /** The request that waits for its answer, or {@link Backlog#NOTHING}. */
    int request() {
        return request;
    }

    /** What has been read of the answer. */
    ReplyReader reply() {
        return reader;
    }

    /** Opens it where it is closed. */
    SelectionKey open() throws IOException {
        SelectionKey open = key;
        if (open == null) {
            SocketChannel channel = SocketChannel.open(address);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            open = channel.register(selector, SelectionKey.OP_READ, this);
            key = open;
        }
        return open;
    }

    /** Sends as much as the socket takes; the rest goes with {@link #write}. */
    void send(int number, ByteBuffer bytes) throws IOException {
        request = number;
        reader.begin(number);
        out = bytes.duplicate();
        open();
        write();
    }

    /** Goes on sending. */
    void write() throws IOException {
        if (key == null || out == null) {
            return;
        }
        channel(key).write(out);
        boolean complete = !out.hasRemaining();
        if (complete) {
            out = null;
        }
        key.interestOps(complete ? SelectionKey.OP_READ : SelectionKey.OP_READ | SelectionKey.OP_WRITE);
    }

    /**
     * Reads what is there.
     *
     * @param in a buffer to read into
     * @return true when the answer is complete
     * @throws IOException when the connection ends before that
     */
    boolean read(ByteBuffer in) throws IOException {
        if (key == null) {
            return false;
        }
        int read = channel(key).read(in.clear());
        if (read < 0) {
            close();
            if (request != Backlog.NOTHING) {
                throw new EOFException("the server closed the connection before its answer was complete");
            }
            return false;
        }
        boolean complete = request != Backlog.NOTHING && reader.read(in.flip());
        if (complete && in.hasRemaining()) {
            throw new IOException("the server sent %d bytes more than its answer".formatted(in.remaining()));
        }
        return complete;
    }

    /** Is ready for another request. */
    void finish() throws IOException {
        request = Backlog.NOTHING;
        if (reader.closes()) {
            close();
        }
    }

    /** The request stays without an answer. */
    void giveUp() throws IOException {
        request = Backlog.NOTHING;
        out = null;
        close();
    }

    void close() throws IOException {
        if (key != null) {
            channel(key).close();
            key = null;
        }
    }

    private static SocketChannel channel(SelectionKey key) {
        return (SocketChannel) key.channel();
    }
}
