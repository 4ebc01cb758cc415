package dev.millrace.ingest;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Stands between the service and Redis, and can lose requests, lose replies and break connections. */
final class Relay implements AutoCloseable {
    /** What becomes of bytes. */
    enum Mode {
        PASS,
        /** Redis gets the requests, the service never gets the replies. */
        LOSE_REPLIES,
        /** Redis never gets the requests. */
        LOSE_REQUESTS
    }

    private final URI redis;
    private final ServerSocket server;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Queue<String> lostRequests = new ConcurrentLinkedQueue<>();
    private volatile Mode mode = Mode.PASS;

    Relay(String redisUrl) {
        this.redis = URI.create(redisUrl);
        try {
            this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    String url() {
        return "redis://127.0.0.1:" + server.getLocalPort();
    }

    void mode(Mode now) {
        mode = now;
    }

    /** What was lost on its way to Redis. */
    String lostRequests() {
        return String.join("", lostRequests);
    }

    /** Closes every connection; new ones are taken. */
    void breakConnections() {
        open.forEach(Relay::close);
        open.clear();
    }

    private void accept() {
        try {
            while (true) {
                Socket service = server.accept();
                Socket upstream = new Socket(redis.getHost(), redis.getPort());
                service.setTcpNoDelay(true);
                upstream.setTcpNoDelay(true);
                open.add(service);
                open.add(upstream);
                Thread.ofVirtual().start(() -> pump(service, upstream, Mode.LOSE_REQUESTS));
                Thread.ofVirtual().start(() -> pump(upstream, service, Mode.LOSE_REPLIES));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void pump(Socket from, Socket to, Mode losing) {
        byte[] buffer = new byte[64 * 1024];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (mode != losing) {
                    out.write(buffer, 0, read);
                } else if (losing == Mode.LOSE_REQUESTS) {
                    lostRequests.add(new String(buffer, 0, read, StandardCharsets.ISO_8859_1));
                }
            }
        } catch (IOException e) {
            // broken: so is the other direction, by the sockets' closing
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        breakConnections();
    }
}
