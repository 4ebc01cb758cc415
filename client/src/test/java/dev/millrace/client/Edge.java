package dev.millrace.client;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A server on a raw socket that does to each request what the test planned, in the order of the requests. Without a plan each
 * event is accepted. Each connection serves one request.
 */
final class Edge implements AutoCloseable {
    private static final Pattern TOKEN = Pattern.compile("\"token\":\"([^\"]*)\"");

    private final ServerSocket listening;
    private final Queue<Plan> plans = new ConcurrentLinkedQueue<>();
    private final List<String> bodies = new ArrayList<>();
    private final List<Long> times = new ArrayList<>();
    private final CountDownLatch end = new CountDownLatch(1);

    /** What happens to a request, given its body. */
    interface Plan {
        void answer(Socket connection, String body) throws IOException, InterruptedException;
    }

    Edge() {
        try {
            listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.startVirtualThread(this::accept);
    }

    /** An answer with this status; headers are lines with their ends. */
    static Plan status(int status, String headers, String body) {
        return (connection, _) -> write(connection, status, headers, body);
    }

    /** Results are given without the quotes: {@code {status:accepted}}. */
    static Plan results(int status, String... results) {
        String quoted = String.join(",", results).replaceAll("([a-z-]+):([a-z-]+)", "\"$1\":\"$2\"");
        return status(status, "", "{\"results\":[" + quoted.replace("\"true\"", "true") + "]}");
    }

    /** The connection breaks without an answer. */
    static Plan reset() {
        return (connection, _) -> {
            connection.setSoLinger(true, 0);
            connection.close();
        };
    }

    /** Nothing comes until the end of the test. */
    Plan hang() {
        return (_, _) -> end.await();
    }

    /** The head comes, and the beginning of a body that never ends. */
    Plan slow() {
        return (connection, _) -> {
            connection
                    .getOutputStream()
                    .write("HTTP/1.1 202 OK\r\nContent-Length: 99\r\n\r\n{\"resul".getBytes(StandardCharsets.US_ASCII));
            end.await();
        };
    }

    /** The answer comes once the latch is open. */
    static Plan after(CountDownLatch latch) {
        return (connection, body) -> {
            latch.await();
            accepted(connection, body);
        };
    }

    static void accepted(Socket connection, String body) throws IOException {
        String results = tokens(body).stream()
                .map(_ -> "{\"status\":\"accepted\"}")
                .collect(Collectors.joining(",", "{\"results\":[", "]}"));
        write(connection, 202, "", results);
    }

    Edge then(Plan... next) {
        plans.addAll(List.of(next));
        return this;
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + listening.getLocalPort());
    }

    synchronized List<String> bodies() {
        return List.copyOf(bodies);
    }

    /** The tokens of each request. */
    List<List<String>> tokens() {
        return bodies().stream().map(Edge::tokens).toList();
    }

    /** When each request came, in nanoseconds. */
    synchronized List<Long> times() {
        return List.copyOf(times);
    }

    static List<String> tokens(String body) {
        return TOKEN.matcher(body).results().map(token -> token.group(1)).toList();
    }

    private static void write(Socket connection, int status, String headers, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        String head = "HTTP/1.1 %d X\r\n%sConnection: close\r\nContent-Length: %d\r\n\r\n"
                .formatted(status, headers, bytes.length);
        connection.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        connection.getOutputStream().write(bytes);
    }

    private void accept() {
        try {
            while (true) {
                Socket connection = listening.accept();
                Thread.startVirtualThread(() -> serve(connection));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            String body = body(new BufferedInputStream(connection.getInputStream()));
            Plan plan;
            synchronized (this) {
                bodies.add(body);
                times.add(System.nanoTime());
                plan = plans.poll();
            }
            if (plan == null) {
                accepted(connection, body);
            } else {
                plan.answer(connection, body);
            }
        } catch (IOException e) {
            // the client has gone
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String body(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("broken off");
            }
            head.append((char) next);
        }
        String length = head.toString().replaceAll("(?is).*content-length: *(\\d+).*", "$1");
        return new String(in.readNBytes(Integer.parseInt(length)), StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        end.countDown();
        listening.close();
    }
}
