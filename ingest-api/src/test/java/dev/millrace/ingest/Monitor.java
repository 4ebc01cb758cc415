package dev.millrace.ingest;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Counts the calls of tally.lua that reach a Redis. */
final class Monitor implements AutoCloseable {
    private static final String BY_HASH = hash();
    private static final String IN_FULL = "-- tally.lua:";

    private final OpenCounters counters;
    private final Socket socket;
    private final BufferedReader lines;
    private long calls;
    private int asked;

    Monitor(String redisUrl, OpenCounters counters) {
        this.counters = counters;
        URI redis = URI.create(redisUrl);
        try {
            socket = new Socket(redis.getHost(), redis.getPort());
            socket.getOutputStream().write("MONITOR\r\n".getBytes(StandardCharsets.US_ASCII));
            lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
            lines.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How often it was called since this monitor began. */
    long calls() {
        String mark = "monitor-" + ++asked;
        counters.redis().echo(mark);
        try {
            String line = lines.readLine();
            while (line != null && !line.contains(mark)) {
                calls += line.contains(BY_HASH) || line.contains(IN_FULL) ? 1 : 0;
                line = lines.readLine();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return calls;
    }

    /** The SHA-1 that Redis names the script by. */
    static String hash() {
        try (InputStream script = Monitor.class.getResourceAsStream("/dev/millrace/counters/tally.lua")) {
            if (script == null) {
                throw new IllegalStateException("there is no tally.lua");
            }
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(script.readAllBytes()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
