package dev.millrace.ingest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** A connection that sends what a well-behaved client would not. */
final class RawHttp implements AutoCloseable {
    private final Socket socket;

    RawHttp(URI address) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), address.getPort());
        socket.setSoTimeout(60_000);
    }

    RawHttp send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    /** All that comes until the other side closes the connection. */
    String untilClosed() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try {
            for (int next = in().read(); next >= 0; next = in().read()) {
                all.write(next);
            }
        } catch (SocketException e) {
            // Closed with something of ours unread: the end, too.
        }
        return all.toString(StandardCharsets.UTF_8);
    }

    /** The head and body of one answer. */
    String answer() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        int left = Integer.MAX_VALUE;
        while (left-- > 0) {
            int next = in().read();
            if (next < 0) {
                return all.toString(StandardCharsets.UTF_8);
            }
            all.write(next);
            String text = all.toString(StandardCharsets.UTF_8);
            if (left > 1_000_000 && text.endsWith("\r\n\r\n")) {
                left = length(text);
            }
        }
        return all.toString(StandardCharsets.UTF_8);
    }

    private static int length(String head) {
        return head.lines()
                .filter(line -> line.startsWith("Content-Length: "))
                .mapToInt(line -> Integer.parseInt(line.substring("Content-Length: ".length())))
                .findFirst()
                .orElse(0);
    }

    private InputStream in() throws IOException {
        return socket.getInputStream();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
