package dev.millrace.lab.link;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One TCP link between two parts on this machine: what connects to its port is forwarded to the target's, until it is told
 * to fail. One failure at a time; {@link #heal} ends it. Thread-safe.
 */
public final class TcpLink implements AutoCloseable {
    private static final int BACKLOG = 128;

    private final String name;
    private final int port;
    private final int target;
    private final Set<LinkedConnection> connections = ConcurrentHashMap.newKeySet();
    private Toxic toxic = Toxic.NONE;
    private @Nullable ServerSocket listener;

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
        stopListening();
        connections.forEach(LinkedConnection::close);
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
        connections.forEach(LinkedConnection::reset);
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

    /** What happens to a piece of this direction, once something may come through. */
    synchronized Toxic awaitPassage(Direction direction) throws InterruptedException {
        while (toxic.silent().contains(direction)) {
            wait();
        }
        return toxic;
    }

    void ended(LinkedConnection connection) {
        connections.remove(connection);
    }

    private synchronized void change(Toxic next) {
        toxic = next;
        notifyAll();
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

    private synchronized void stopListening() {
        if (listener != null) {
            closeQuietly(listener);
            listener = null;
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
        LinkedConnection connection =
                new LinkedConnection(this, caller, new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
        connections.add(connection);
        Thread.ofVirtual().name(name).start(connection::run);
    }

    static void closeQuietly(AutoCloseable socket) {
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
}
