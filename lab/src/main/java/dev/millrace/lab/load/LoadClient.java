package dev.millrace.lab.load;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.Selector;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;

/**
 * Sends requests that are written out beforehand, and takes as little as it can of the machine that it shares with the
 * server: one thread, one selector, no copy of a request. Connections are opened as arrivals find none that is free; where all
 * are taken, arrivals wait. The one used last is used next, and one that the server closes is opened again. Over Redis' protocol
 * a request is a pipeline of commands.
 */
public final class LoadClient {
    private final InetSocketAddress address;
    private final int most;
    private final Supplier<Reply> replies;

    private LoadClient(int port, int most, Supplier<Reply> replies) {
        this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        this.most = most;
        this.replies = replies;
    }

    /**
     * To an HTTP server on the loopback address.
     *
     * @param most connections; each has one request in flight at most
     */
    public static LoadClient http(int port, int most) {
        return new LoadClient(port, most, HttpReply::new);
    }

    /** To a Redis on the loopback address, by how many commands the request of a number holds. */
    public static LoadClient redis(int port, int most, IntUnaryOperator commands) {
        return new LoadClient(port, most, () -> new RespReply(commands));
    }

    /**
     * Returns the same when all is over.
     *
     * @throws IOException when nobody listens, or nothing is answered for 30 s
     */
    public Delivery send(Delivery delivery) throws IOException {
        try (Selector selector = Selector.open();
                LoadRun run = new LoadRun(delivery, selector, address, replies, most)) {
            run.run();
        }
        return delivery;
    }

    /**
     * Returns the same when all is over.
     *
     * @throws IllegalStateException when an answer neither acknowledges everything nor asks for a repetition
     */
    public Delivery deliver(Delivery delivery) throws IOException {
        send(delivery);
        if (!delivery.complaint().isEmpty()) {
            throw new IllegalStateException("the server answered " + delivery.complaint());
        }
        return delivery;
    }

    /** Sends in a thread of its own, beside something else. */
    public Background start(Delivery delivery) {
        FutureTask<Delivery> task = new FutureTask<>(() -> deliver(delivery));
        Thread.ofPlatform().name("load").daemon().start(task);
        return new Background(delivery, task);
    }

    /** A delivery that is under way. */
    public record Background(Delivery delivery, FutureTask<Delivery> task) implements AutoCloseable {
        /**
         * Returns when all is over.
         *
         * @throws ExecutionException when an answer neither acknowledges nor asks for a repetition
         */
        public Delivery await() throws InterruptedException, ExecutionException {
            return task.get();
        }

        /** Sends no more arrivals; returns when each that was sent has its answer. */
        public Delivery end() throws InterruptedException, ExecutionException {
            delivery.stop();
            return await();
        }

        @Override
        public void close() {
            delivery.stop();
        }
    }
}
