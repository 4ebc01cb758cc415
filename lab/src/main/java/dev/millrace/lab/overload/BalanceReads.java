package dev.millrace.lab.overload;

import dev.millrace.lab.command.Percentiles;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.lab.load.LoadReport;
import dev.millrace.lab.load.Pace;
import dev.millrace.lab.stack.MillraceStack;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/**
 * Creators in turns asking the ledger for their live balances, at a fixed rate, in an open loop and a thread of its own, until
 * it is ended. A request's time counts from the moment it was due.
 */
final class BalanceReads implements AutoCloseable {
    private static final int CONNECTIONS = 128;
    private static final int REFUSED = 503;

    private final Histogram nanos = new Histogram(3);
    private final FutureTask<LoadReport> run;
    private volatile boolean over;

    /**
     * What came of them.
     *
     * @param refused answers of 503: the ledger had no time or no connection for them
     * @param complaint answers that gave no balance, and connections that broke; empty where there were none
     * @param times of balances that were given
     */
    record Answered(long refused, String complaint, Percentiles times) {}

    private BalanceReads(MillraceStack stack, int perSecond, int creators, Duration most) {
        List<ByteBuffer> each = IntStream.range(0, creators)
                .mapToObj(rank -> stack.balanceRequest(Events.creatorName(rank)))
                .toList();
        List<ByteBuffer> all = IntStream.range(0, Math.toIntExact(perSecond * most.toSeconds()))
                .mapToObj(i -> each.get(i % creators))
                .toList();
        LoadClient client = LoadClient.http(stack.ledgerPort(), CONNECTIONS);
        Pace pace = new Pace(perSecond, () -> over);
        this.run = new FutureTask<>(() -> client.send(all, pace, nanos));
    }

    /**
     * Begins at once.
     *
     * @param creators those of the first ranks, so many, each of whom has earned something
     * @param most how long it goes on where nobody ends it
     */
    static BalanceReads start(MillraceStack stack, int perSecond, int creators, Duration most) {
        BalanceReads reads = new BalanceReads(stack, perSecond, creators, most);
        Thread.ofPlatform().name("balances").daemon().start(reads.run);
        return reads;
    }

    /** Ends it; returns when every request that was sent has its answer. */
    Answered end() throws InterruptedException, ExecutionException {
        over = true;
        LoadReport report = run.get();
        long refused = report.byStatus().getOrDefault(REFUSED, 0L);
        String broken = report.failed() > 0 ? report.failed() + " connections broke" : "";
        return new Answered(refused, report.unexpected() + broken, Percentiles.of(nanos));
    }

    @Override
    public void close() {
        over = true;
    }
}
