package dev.millrace.lab.load;

import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.Sums;
import dev.millrace.lab.stack.Wait;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;

/** Sends events to a running stack, and compares acknowledged money with Redis' and the ledger's. For one thread. */
public final class StackLoad {
    /** That events are drawn of, where nothing else is said. */
    public static final int CREATORS = 1_000;

    /** Events in a request of a steady load, and its connections. */
    private static final int STEADY_BATCH = 100;

    private static final int STEADY_CONNECTIONS = 16;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final MillraceStack stack;
    private final long seed;
    private final List<String> failures;
    private final EventRequests writer;
    private int drawn;
    private long acknowledgedMicros;
    private Sums before;

    /**
     * Nothing is under way.
     *
     * @param seed what events are drawn from
     * @param failures takes sums that differ
     */
    public StackLoad(MillraceStack stack, long seed, List<String> failures) throws SQLException {
        this.stack = stack;
        this.seed = seed;
        this.failures = failures;
        this.writer = new EventRequests(stack.mint(), new Slabs());
        this.before = Sums.of(stack, 0);
    }

    /** Of the ids of events: no other events have it. */
    public String prefix() {
        return "s%d-%d".formatted(seed, ++drawn);
    }

    /** Writes out so many requests with tokens that were never used; those written before are void. */
    public List<ByteBuffer> requests(int count, int batch) {
        return requests(Events.draw(prefix(), seed, Math.multiplyExact(count, batch), CREATORS), batch);
    }

    public List<ByteBuffer> requests(Events events, int batch) {
        return writer.of(events, batch);
    }

    /**
     * Sends requests as fast as the answers come, each until its events are acknowledged.
     *
     * @param events in all requests
     */
    public Delivery deliver(List<ByteBuffer> requests, long events, int connections) throws IOException {
        acknowledged(events);
        return LoadClient.http(stack.ingestPort(), connections).deliver(Delivery.closedLoop(requests));
    }

    /** Takes note of events that somebody else has sent. */
    public void acknowledged(long events) {
        acknowledgedMicros += events * Events.MICROS;
    }

    /** Begins to send events at a fixed rate, from memory of its own. */
    public LoadClient.Background start(double perSecond, Duration most) {
        int requests = Math.toIntExact(Math.ceilDiv((long) (perSecond * most.toSeconds()), STEADY_BATCH));
        Events events = Events.draw(prefix(), seed, requests * STEADY_BATCH, CREATORS);
        return LoadClient.http(stack.ingestPort(), STEADY_CONNECTIONS)
                .start(Delivery.openLoop(
                        new EventRequests(stack.mint(), new Slabs()).of(events, STEADY_BATCH),
                        Delivery.evenly(perSecond / STEADY_BATCH, requests),
                        Delivery.OnRefusal.REPEAT));
    }

    /** Ends it. */
    public Score end(LoadClient.Background steady) throws InterruptedException, ExecutionException {
        Score score = steady.end().score();
        acknowledged(score.accepted() * STEADY_BATCH);
        return score;
    }

    /**
     * Settles, and compares what there is more than at the last check. Sums that differ are a failure.
     *
     * @return micros that were acknowledged and are not in the ledger
     */
    public long check(String what) throws Exception {
        Wait.until("everything to settle", PATIENCE, this::settles);
        Sums now = Sums.of(stack, acknowledgedMicros);
        Sums more = now.since(before);
        before = now;
        if (!more.areEqual()) {
            failures.add(what + ": " + more);
        }
        return more.lost();
    }

    private boolean settles() throws IOException, InterruptedException {
        try {
            stack.settle();
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }
}
