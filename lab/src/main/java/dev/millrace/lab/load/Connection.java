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
    private int request = Traffic.NOTHING;

    Connection(InetSocketAddress address, Selector selector, ReplyReader reader) {
        this.address = address;
        this.selector = selector;
        this.reader = reader;
    }

    /** The request that waits for its answer, or {@link Traffic#NOTHING}. */
    int request() {
        return request;
    }

    /** It waits for an answer, or for the server to take the rest of a request that it has answered already. */
    boolean isBusy() {
        return request != Traffic.NOTHING || out != null;
    }

    /** What has been read of the answer. */
    Reply reply() {
        return reader;
    }

    /** Begins to open it where it is closed. */
    void open() throws IOException {
        if (key != null) {
            return;
        }
        SocketChannel channel = SocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            boolean open = channel.connect(address);
            key = channel.register(selector, open ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, this);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** It has been opened, or could not be. */
    void connected() throws IOException {
        if (key != null && channel(key).finishConnect()) {
            key.interestOps(out == null ? SelectionKey.OP_READ : SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        }
    }

    /** Sends as much as the socket takes; the rest goes with {@link #write}. */
    void send(int number, ByteBuffer bytes) throws IOException {
        request = number;
        reader.begin(number);
        out = bytes.duplicate();
        if (key != null && channel(key).isConnected()) {
            write();
        }
    }

    /**
     * Goes on sending.
     *
     * @return true when that made it ready for another request
     */
    boolean write() throws IOException {
        if (key == null || out == null) {
            return false;
        }
        channel(key).write(out);
        boolean complete = !out.hasRemaining();
        if (complete) {
            out = null;
        }
        key.interestOps(complete ? SelectionKey.OP_READ : SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        return complete && request == Traffic.NOTHING;
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
            if (isBusy()) {
                throw new EOFException("the server closed the connection before its answer was complete");
            }
            close();
            return false;
        }
        boolean complete = request != Traffic.NOTHING && reader.read(in.flip());
        if (complete && in.hasRemaining()) {
            throw new IOException("the server sent %d bytes more than its answer".formatted(in.remaining()));
        }
        return complete;
    }

    /**
     * The answer is taken.
     *
     * @return false when a server that answered early takes the rest of the request before another one
     */
    boolean finish() throws IOException {
        request = Traffic.NOTHING;
        if (reader.closes()) {
            out = null;
            close();
        }
        return out == null;
    }

    /** The request stays without an answer. */
    void giveUp() throws IOException {
        request = Traffic.NOTHING;
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
