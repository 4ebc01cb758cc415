package dev.millrace.local.server;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Reads one setting of a Redis: CONFIG GET answers *2, $n, name, $n, value. */
record RedisReply(String host, int port) {
    String config(String name) throws IOException {
        try (Socket socket = new Socket(host, port)) {
            socket.getOutputStream().write(("CONFIG GET " + name + "\r\n").getBytes(StandardCharsets.UTF_8));
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            for (int i = 0; i < 4; i++) {
                in.readLine();
            }
            return in.readLine();
        }
    }
}
