package dev.millrace.client;

import java.net.URI;
import java.time.Duration;

/**
 * How a {@link MillraceClient} sends. {@link #of} has the defaults; each {@code with…} method changes one of them.
 *
 * @param edge http or https. Without a path, {@code /v1/events} is added
 * @param batch events a request, 1 to 1,000; default 200. A request has at most 500,000 bytes, so it may have fewer
 * @param linger how long an event waits at most for others, 0 s to 1 h; default 100 ms
 * @param inFlight requests at a time, 1 to 64; default 4
 * @param capacity events that wait or are under way, {@code batch} to 1,000,000; default 10,000. Each takes the memory of its
 *     token, usually half a kilobyte
 * @param timeout of a request with its answer, 1 ms to 1 h; default 30 s
 * @param patience how long nothing at all may be answered before the events of a request are given up, 0 s to 2 h, the most
 *     that a token lives; default 10 min. Also how long an event is sent again whose rejection says {@code retry}
 * @param firstPause before a request is sent again, 1 ms to {@code longestPause}; default 250 ms. It doubles with each attempt
 * @param longestPause at most 1 h; default 30 s. A longer {@code Retry-After} is cut to it
 * @param closeWithin how long {@link MillraceClient#close} waits for answers, 0 s to 1 h; default 10 s
 */
public record ClientOptions(
        URI edge,
        int batch,
        Duration linger,
        int inFlight,
        int capacity,
        Duration timeout,
        Duration patience,
        Duration firstPause,
        Duration longestPause,
        Duration closeWithin) {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration MILLISECOND = Duration.ofMillis(1);

    /** @throws IllegalArgumentException naming the option that is out of its range */
    public ClientOptions {
        if (!("http".equals(edge.getScheme()) || "https".equals(edge.getScheme())) || edge.getHost() == null) {
            throw new IllegalArgumentException("edge is %s; it takes an address of http or https".formatted(edge));
        }
        edge = edge.getPath().isEmpty() || edge.getPath().equals("/") ? edge.resolve("/v1/events") : edge;
        check("batch", batch, 1, 1_000);
        check("inFlight", inFlight, 1, 64);
        check("capacity", capacity, batch, 1_000_000);
        check("linger", linger, Duration.ZERO, HOUR);
        check("timeout", timeout, MILLISECOND, HOUR);
        check("patience", patience, Duration.ZERO, Duration.ofHours(2));
        check("longestPause", longestPause, MILLISECOND, HOUR);
        check("firstPause", firstPause, MILLISECOND, longestPause);
        check("closeWithin", closeWithin, Duration.ZERO, HOUR);
    }

    /** The defaults. */
    public static ClientOptions of(URI edge) {
        return new ClientOptions(
                edge,
                200,
                Duration.ofMillis(100),
                4,
                10_000,
                Duration.ofSeconds(30),
                Duration.ofMinutes(10),
                Duration.ofMillis(250),
                Duration.ofSeconds(30),
                Duration.ofSeconds(10));
    }

    /** Events a request, and how long the first of them waits for the others. */
    public ClientOptions withBatch(int events, Duration atMostAfter) {
        return new ClientOptions(
                edge,
                events,
                atMostAfter,
                inFlight,
                Math.max(events, capacity),
                timeout,
                patience,
                firstPause,
                longestPause,
                closeWithin);
    }

    /** Requests at a time. */
    public ClientOptions withInFlight(int requests) {
        return new ClientOptions(
                edge, batch, linger, requests, capacity, timeout, patience, firstPause, longestPause, closeWithin);
    }

    /** Events that wait or are under way. */
    public ClientOptions withCapacity(int events) {
        return new ClientOptions(
                edge, batch, linger, inFlight, events, timeout, patience, firstPause, longestPause, closeWithin);
    }

    /** Of one request, and of all attempts together. */
    public ClientOptions withTimeouts(Duration ofRequest, Duration inAll) {
        return new ClientOptions(
                edge, batch, linger, inFlight, capacity, ofRequest, inAll, firstPause, longestPause, closeWithin);
    }

    /** Before a request is sent again. */
    public ClientOptions withPauses(Duration first, Duration longest) {
        return new ClientOptions(
                edge, batch, linger, inFlight, capacity, timeout, patience, first, longest, closeWithin);
    }

    /** How long {@link MillraceClient#close} waits. */
    public ClientOptions withCloseWithin(Duration atMost) {
        return new ClientOptions(
                edge, batch, linger, inFlight, capacity, timeout, patience, firstPause, longestPause, atMost);
    }

    private static void check(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException("%s is %d; it takes %d to %d".formatted(name, value, least, most));
        }
    }

    private static void check(String name, Duration value, Duration least, Duration most) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException("%s is %s; it takes %s to %s".formatted(name, value, least, most));
        }
    }
}
