package dev.millrace.local.server;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Speaks one inline command to a Redis over a connection of its own; enough to ask whether it lives. */
public record RedisLine(String host, int port) {
    private static final int TIMEOUT_MILLIS = 2_000;

    /**
     * Sends the command and returns the first line of the reply as it came: {@code +PONG}, {@code -LOADING …}.
     *
     * @throws IOException when no server listens there or answers within 2 s
     */
    public String ask(String command) throws IOException {
        return ask(command, TIMEOUT_MILLIS);
    }

    /** The same, with the milliseconds to wait for the reply. */
    public String ask(String command, int timeoutMillis) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), TIMEOUT_MILLIS);
            socket.setSoTimeout(timeoutMillis);
            socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
            String line = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))
                    .readLine();
            if (line == null) {
                throw new IOException("redis at " + host + ":" + port + " closed the connection");
            }
            return line;
        }
    }
}
