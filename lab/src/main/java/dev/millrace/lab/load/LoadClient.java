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
 * open within a run, and the one used last is used next; one that the server closes is opened again. For one thread.
 *
 * <p>The rule of what a request is depends on the protocol: over HTTP/1.1 one request, over Redis' protocol a pipeline of
 * commands.
 */
public final class LoadClient {
    private final InetSocketAddress address;
    private final int ready;
    private final int most;
    private final Function<Boolean, ReplyReader> readers;

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

    /**
     * To an HTTP server on the loopback address, with connections that are opened as requests find none that is free.
     *
     * @param most connections; what finds none then has to wait
     */
    public static LoadClient growing(int port, int most) {
        return new LoadClient(port, 0, most, HttpReply::new);
    }

    /**
     * To a Redis on the loopback address.
     *
     * @param connections each has one pipeline in flight at most
     * @param commands how many commands the pipeline of this number holds
     */
    public static LoadClient redis(int port, int connections, IntUnaryOperator commands) {
        return new LoadClient(port, connections, connections, _ -> new RespReply(commands));
    }

    /**
     * Sends every request, and returns when each has its answer or is given up.
     *
     * @param requests as they go over the wire; direct buffers save a copy
     * @param nanos takes the time of each request that was acknowledged, in nanoseconds
     * @param answers looks at every answer, or null when only the statuses matter
     * @throws IOException when nobody listens, or nothing is answered for 30 s
     */
    public LoadReport send(
            List<ByteBuffer> requests, Drive drive, Refusals refusals, Histogram nanos, @Nullable Answers answers)
            throws IOException {
        Delivery delivery = new Delivery(requests, drive, refusals, nanos, answers);
        send(delivery);
        return delivery.report();
    }

    /**
     * Sends events to ingest-api as fast as the answers come, each until it is acknowledged.
     *
     * @param nanos takes the time of each request, in nanoseconds
     * @throws IllegalStateException when an answer is neither an acknowledgement nor asks for a repetition
     */
    public LoadReport deliver(List<ByteBuffer> requests, Histogram nanos) throws IOException {
        Verdicts verdicts = new Verdicts();
        LoadReport report = send(requests, new Drive.ClosedLoop(), Refusals.SEND_AGAIN, nanos, verdicts);
        verdicts.mustBeAcknowledged(report.unexpected());
        return report;
    }

    /**
     * Sends what there is to send, and returns when it is finished.
     *
     * @return connections that it took at most
     * @throws IOException when nobody listens, or nothing is answered for 30 s
     */
    public int send(Traffic traffic) throws IOException {
        try (Selector selector = Selector.open()) {
            boolean bodies = traffic.readsBodies();
            LoadRun run = new LoadRun(
                    traffic, selector, () -> new Connection(address, selector, readers.apply(bodies)), most);
            try {
                run.open(ready);
                run.run();
                return run.connections();
            } finally {
                run.close();
            }
        }
    }
}
