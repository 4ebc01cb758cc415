package dev.millrace.lab.scale;

import dev.millrace.lab.load.Drive;
import dev.millrace.lab.load.EventRequests;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.lab.load.LoadReport;
import dev.millrace.lab.load.Refusals;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.stack.MillraceStack;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.HdrHistogram.Histogram;

/**
 * Events at a fixed rate, in an open loop and a thread of its own, until it is ended. A request's time counts from the
 * moment it was due, so that nothing that stalls is hidden by the client waiting for it.
 */
final class SteadyLoad implements AutoCloseable {
    /** Events in a request. */
    static final int BATCH = 100;

    private static final int CONNECTIONS = 16;
    private static final int ACCEPTED = 202;
    private static final int DIGITS = 3;
    private static final double SECOND = 1e9;

    private final Drive.OpenLoop pace;
    private final long[] nanos;
    private final FutureTask<LoadReport> run;
    private volatile boolean over;

    private SteadyLoad(MillraceStack stack, Events events, double perSecond) {
        List<ByteBuffer> requests = new EventRequests(stack.mint(), new Slabs()).of(events, BATCH);
        this.pace = new Drive.OpenLoop(perSecond / BATCH);
        this.nanos = new long[requests.size()];
        LoadClient client = LoadClient.http(stack.ingestPort(), CONNECTIONS);
        this.run = new FutureTask<>(() -> client.send(
                requests, new Drive.Until(pace, () -> over), Refusals.SEND_AGAIN, new Histogram(DIGITS), this::take));
    }

    /**
     * Begins at once.
     *
     * @param events those that there are at most; of those not sent when it ends, nothing is heard
     * @param perSecond events a second
     */
    static SteadyLoad start(MillraceStack stack, Events events, double perSecond) {
        SteadyLoad load = new SteadyLoad(stack, events, perSecond);
        Thread.ofPlatform().name("steady load").daemon().start(load.run);
        return load;
    }

    /** So many events, or a few more, that fill every request. */
    static int whole(long events) {
        return Math.toIntExact(Math.ceilDiv(events, BATCH) * BATCH);
    }

    private void take(int request, int status, ByteBuffer body) {
        if (status == ACCEPTED) {
            nanos[request] = System.nanoTime();
        }
    }

    /** Ends it; returns when every request that was sent is acknowledged. */
    Times end() throws InterruptedException, ExecutionException {
        over = true;
        LoadReport report = run.get();
        if (!report.unexpected().isEmpty()) {
            throw new IllegalStateException("ingest-api answered " + report.unexpected());
        }
        return new Times(report);
    }

    @Override
    public void close() {
        over = true;
    }

    /** When its requests were answered. */
    final class Times {
        private final LoadReport report;

        private Times(LoadReport report) {
            this.report = report;
        }

        /** Requests that were acknowledged. */
        long acknowledged() {
            return report.acknowledged();
        }

        /** Nanoseconds of the requests due between two moments of {@link System#nanoTime}. */
        Histogram between(long from, long to) {
            Histogram histogram = new Histogram(DIGITS);
            for (int request = 0; request < nanos.length; request++) {
                long due = report.began() + (long) (request * (SECOND / pace.perSecond()));
                if (due >= from && due < to && nanos[request] != 0) {
                    histogram.recordValue(nanos[request] - due);
                }
            }
            return histogram;
        }
    }
}
