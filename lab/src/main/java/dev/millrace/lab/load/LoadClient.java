package dev.millrace.lab.load;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests that are written out beforehand, and takes as little as it can of the machine that it shares with the
 * server: one thread, one selector, no copy of a request, nothing read of an answer that nobody wants. Connections stay
 * open within a run, and the one used last is used next; one that the server closes is opened again. Over Redis' protocol a
 * request is a pipeline of commands. For one thread.
 */
public final class LoadClient {
    private final InetSocketAddress address;
    private final int ready;
    private final int most;
    private final Function<Boolean, ReplyReader> readers;

    /** Looks at every answer. */
    @FunctionalInterface
    public interface Answers {
        /**
         * @param request its number, from 0
         * @param status of HTTP
         * @param body all of it; to be read before this returns
         */
        void take(int request, int status, ByteBuffer body);
    }

    private LoadClient(int port, int ready, int most, Function<Boolean, ReplyReader> readers) {
        this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        this.ready = ready;
        this.most = most;
        this.readers = readers;
    }

    /**
     * To an HTTP server on the loopback address.
     *
     * @param connections each has one request in flight at most
     */
    public static LoadClient http(int port, int connections) {
        return new LoadClient(port, connections, connections, HttpReply::new);
    }

    /** The same with connections that are opened as requests find none that is free; where all are taken, they wait. */
    public static LoadClient growing(int port, int most) {
        return new LoadClient(port, 0, most, HttpReply::new);
    }

    /** To a Redis on the loopback address, by how many commands the pipeline of a number holds. */
    public static LoadClient redis(int port, int connections, IntUnaryOperator commands) {
        return new LoadClient(port, connections, connections, _ -> new RespReply(commands));
    }

    /**
     * Sends each request once, and returns when each has its answer.
     *
     * @param nanos takes the time of each request that was acknowledged, in nanoseconds
     * @throws IOException when nobody listens, or nothing is answered for 30 s
     */
    public LoadReport send(List<ByteBuffer> requests, Pace pace, Histogram nanos) throws IOException {
        return send(new Delivery(requests, pace, false, nanos, null));
    }

    /**
     * Sends each request until it is neither refused (429, 503) nor left without an answer.
     *
     * @param answers looks at every answer, or null when only the statuses matter
     */
    public LoadReport sendUntilTaken(List<ByteBuffer> requests, Pace pace, Histogram nanos, @Nullable Answers answers)
            throws IOException {
        return send(new Delivery(requests, pace, true, nanos, answers));
    }

    /**
     * Sends events to ingest-api at this pace until each is acknowledged.
     *
     * @throws IllegalStateException when an answer neither acknowledges nor asks for a repetition
     */
    public LoadReport deliver(List<ByteBuffer> requests, Pace pace, Histogram nanos) throws IOException {
        BatchVerdicts verdicts = new BatchVerdicts();
        LoadReport report = sendUntilTaken(requests, pace, nanos, verdicts);
        if (verdicts.rejected() > 0 || !report.unexpected().isEmpty()) {
            throw new IllegalStateException("ingest-api answered %s; %s".formatted(verdicts, report.unexpected()));
        }
        return report;
    }

    private LoadReport send(Delivery delivery) throws IOException {
        send((Traffic) delivery);
        return delivery.report();
    }

    /** Sends what there is to send until it is finished; returns the connections that it took at most. */
    public int send(Traffic traffic) throws IOException {
        boolean bodies = traffic.readsBodies();
        try (Selector selector = Selector.open();
                LoadRun run = new LoadRun(traffic, selector, address, () -> readers.apply(bodies), most)) {
            run.open(ready);
            run.run();
            return run.connections();
        }
    }
}
