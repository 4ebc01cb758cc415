package dev.millrace.lab.scale;

import dev.millrace.lab.command.Percentiles;
import dev.millrace.lab.load.EventRequests;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.lab.load.LoadReport;
import dev.millrace.lab.load.Pace;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.stack.MillraceStack;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.HdrHistogram.Histogram;

/**
 * Events at a fixed rate, in an open loop and a thread of its own, until it is ended. A request's time counts from the
 * moment it was due, so that a server that stalls can't hide it by holding the client up.
 */
final class SteadyLoad implements AutoCloseable {
    /** Events in a request. */
    static final int BATCH = 100;

    private static final int CONNECTIONS = 16;
    private static final int ACCEPTED = 202;

    private final Pace pace;
    private final long[] answeredAt;
    private final FutureTask<LoadReport> run;
    private volatile boolean over;

    private SteadyLoad(MillraceStack stack, Events events, double perSecond) {
        List<ByteBuffer> requests = new EventRequests(stack.mint(), new Slabs()).of(events, BATCH);
        this.pace = new Pace(perSecond / BATCH, () -> over);
        this.answeredAt = new long[requests.size()];
        LoadClient client = LoadClient.http(stack.ingestPort(), CONNECTIONS);
        this.run = new FutureTask<>(() -> client.sendUntilTaken(requests, pace, new Histogram(3), this::take));
    }

    /**
     * Begins at once.
     *
     * @param seconds how long it goes on where nobody ends it
     * @param creators that events are drawn from
     */
    static SteadyLoad start(
            MillraceStack stack, String prefix, long seed, double perSecond, long seconds, int creators) {
        int events = Math.toIntExact(Math.ceilDiv((long) (perSecond * seconds), BATCH) * BATCH);
        SteadyLoad load = new SteadyLoad(stack, Events.draw(prefix, seed, events, creators), perSecond);
        Thread.ofPlatform().name("steady load").daemon().start(load.run);
        return load;
    }

    private void take(int request, int status, ByteBuffer body) {
        if (status == ACCEPTED) {
            answeredAt[request] = System.nanoTime();
        }
    }

    /** Ends it; returns the micros that were acknowledged, which is all that was sent. */
    long end() throws InterruptedException, ExecutionException {
        over = true;
        LoadReport report = run.get();
        if (!report.unexpected().isEmpty()) {
            throw new IllegalStateException("ingest-api answered " + report.unexpected());
        }
        return report.acknowledged() * BATCH * Events.MICROS;
    }

    /** Of the requests that were due between two moments of {@link System#nanoTime}; once it has ended. */
    Percentiles between(long from, long to) throws InterruptedException, ExecutionException {
        Histogram nanos = new Histogram(3);
        for (int request = 0; request < answeredAt.length; request++) {
            long due = run.get().began() + pace.moment(request);
            if (due >= from && due < to && answeredAt[request] != 0) {
                nanos.recordValue(answeredAt[request] - due);
            }
        }
        return Percentiles.of(nanos);
    }

    @Override
    public void close() {
        over = true;
    }
}
