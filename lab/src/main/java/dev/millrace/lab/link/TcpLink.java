package dev.millrace.lab.link;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One TCP link between two parts on this machine. It forwards each connection to the target's port, until it is told to fail.
 * One failure at a time; {@link #heal} ends it. Thread-safe.
 */
public final class TcpLink implements AutoCloseable {
    private static final int BACKLOG = 128;
    private static final int PIECE = 64 * 1024;
    private static final Duration CONNECT = Duration.ofSeconds(2);

    private final String name;
    private final int port;
    private final int target;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private Toxic toxic = Toxic.NONE;
    private @Nullable ServerSocket listener;

    /** Which way bytes go through a link: a request comes from the side that has connected. */
    public enum Direction {
        REQUEST,
        REPLY
    }

    /**
     * What the link does to the bytes that go through it.
     *
     * @param delay how long each piece is held back
     * @param silent the directions in which nothing comes through, and no end of a connection either
     * @param breakAfter bytes of each further reply that come through before the connection is reset; null lets replies through
     */
    private record Toxic(
            Duration delay, Set<Direction> silent, @Nullable Integer breakAfter) {
        static final Toxic NONE = new Toxic(Duration.ZERO, Set.of(), null);
    }

    private TcpLink(String name, int port, int target) {
        this.name = name;
        this.port = port;
        this.target = target;
    }

    /**
     * Opens it.
     *
     * @param port where it listens, on the loopback address
     * @param target the port there that it forwards to; nobody has to listen yet
     */
    public static TcpLink open(String name, int port, int target) {
        TcpLink link = new TcpLink(name, port, target);
        link.listen();
        return link;
    }

    public int port() {
        return port;
    }

    /** Closes all connections and refuses new ones. */
    public synchronized void cut() {
        if (listener != null) {
            closeQuietly(listener);
            listener = null;
        }
        connections.forEach(Connection::close);
    }

    /** Holds each piece back for so long. */
    public void delay(Duration delay) {
        change(new Toxic(delay, Set.of(), null));
    }

    /** Nothing comes through in these directions any more, and nobody is told. */
    public void silence(Set<Direction> directions) {
        change(new Toxic(Duration.ZERO, EnumSet.copyOf(directions), null));
    }

    /** Lets so many bytes of each further reply through, at most all but one, and resets its connection. */
    public void breakReplies(int bytes) {
        change(new Toxic(Duration.ZERO, Set.of(), bytes));
    }

    /** Ends the failure. What a silent link has held back goes on its way, late. */
    public synchronized void heal() {
        change(Toxic.NONE);
        if (listener == null) {
            listen();
        }
    }

    /** Ends the failure, and resets all connections first: what a silent link has held back never arrives. */
    public synchronized void healWithLoss() {
        connections.forEach(Connection::reset);
        heal();
    }

    /** Connections under way. */
    public int connections() {
        return connections.size();
    }

    @Override
    public synchronized void close() {
        change(Toxic.NONE);
        cut();
    }

    private synchronized void change(Toxic next) {
        toxic = next;
        notifyAll();
    }

    /** What happens to a piece of this direction, once something may come through. */
    private synchronized Toxic awaitPassage(Direction direction) throws InterruptedException {
        while (toxic.silent().contains(direction)) {
            wait();
        }
        return toxic;
    }

    private synchronized void listen() {
        try {
            ServerSocket socket = new ServerSocket();
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
            listener = socket;
            Thread.ofVirtual().name(name).start(() -> acceptFrom(socket));
        } catch (IOException e) {
            throw new UncheckedIOException("the link " + name + " can't listen on port " + port, e);
        }
    }

    private void acceptFrom(ServerSocket socket) {
        while (!socket.isClosed()) {
            try {
                accept(socket, socket.accept());
            } catch (IOException e) {
                // Closed: the link was cut. Anything else is the caller's failure, and the next one may do better.
            }
        }
    }

    /** A connection that was accepted while the link was being cut goes with the others. */
    private synchronized void accept(ServerSocket socket, Socket caller) {
        if (socket.isClosed()) {
            closeQuietly(caller);
            return;
        }
        Connection connection = new Connection(caller);
        connections.add(connection);
        Thread.ofVirtual().name(name).start(connection::run);
    }

    private static void closeQuietly(AutoCloseable socket) {
        try {
            socket.close();
        } catch (Exception e) {
            // It is gone in any case.
        }
    }

    @Override
    public String toString() {
        return name;
    }

    /** One connection: two sockets, and two threads that carry bytes from one to the other. */
    private final class Connection {
        private final Socket caller;
        private final Socket called = new Socket();

        private Connection(Socket caller) {
            this.caller = caller;
        }

        /** Carries until both directions have ended. */
        private void run() {
            try {
                caller.setTcpNoDelay(true);
                called.setTcpNoDelay(true);
                called.connect(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), target), (int) CONNECT.toMillis());
                Thread replies = Thread.ofVirtual().start(() -> carry(Direction.REPLY, called, caller));
                carry(Direction.REQUEST, caller, called);
                replies.join();
            } catch (IOException e) {
                // The target is down or the link was cut; the caller sees its connection close.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                close();
                connections.remove(this);
            }
        }

        private void carry(Direction direction, Socket from, Socket to) {
            try {
                if (copy(direction, from.getInputStream(), to.getOutputStream())) {
                    awaitPassage(direction);
                    to.shutdownOutput();
                } else {
                    reset();
                }
            } catch (IOException e) {
                breakOff(direction);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        /** Copies to the end of the input; false when a reply breaks off before. */
        private boolean copy(Direction direction, InputStream in, OutputStream out)
                throws IOException, InterruptedException {
            byte[] piece = new byte[PIECE];
            for (int length = in.read(piece); length >= 0; length = in.read(piece)) {
                Toxic passed = awaitPassage(direction);
                Thread.sleep(passed.delay());
                Integer breakAfter = passed.breakAfter();
                if (direction == Direction.REPLY && breakAfter != null) {
                    out.write(piece, 0, Math.min(breakAfter, length - 1));
                    return false;
                }
                out.write(piece, 0, length);
            }
            return true;
        }

        /** A side has broken off: the other one hears of it as soon as the link lets it. */
        private void breakOff(Direction direction) {
            try {
                awaitPassage(direction);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            reset();
        }

        /** Ends it as an orderly process would. */
        private void close() {
            closeQuietly(caller);
            closeQuietly(called);
        }

        /** Ends it at once with RST, to both sides. */
        private void reset() {
            for (Socket socket : List.of(caller, called)) {
                try {
                    socket.setSoLinger(true, 0);
                } catch (SocketException e) {
                    // It is closed already.
                }
            }
            close();
        }
    }
}
