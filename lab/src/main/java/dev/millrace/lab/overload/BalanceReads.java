package dev.millrace.lab.overload;

import dev.millrace.lab.load.Drive;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.lab.load.LoadReport;
import dev.millrace.lab.load.Refusals;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.local.mint.BearerMint;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
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
    private static final int DIGITS = 3;
    private static final int REFUSED = 503;
    private static final Duration LIFETIME = Duration.ofHours(1);

    private final Histogram nanos = new Histogram(DIGITS);
    private final FutureTask<LoadReport> run;
    private volatile boolean over;

    private BalanceReads(MillraceStack stack, int perSecond, int creators, Duration most) {
        List<ByteBuffer> each = requests(stack, creators);
        List<ByteBuffer> all = IntStream.range(0, Math.toIntExact(perSecond * most.toSeconds()))
                .mapToObj(i -> each.get(i % creators))
                .toList();
        LoadClient client = LoadClient.http(stack.ledgerPort(), CONNECTIONS);
        Drive drive = new Drive.Until(new Drive.OpenLoop(perSecond), () -> over);
        this.run = new FutureTask<>(() -> client.send(all, drive, Refusals.COUNT, nanos, null));
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

    /**
     * What came of them.
     *
     * @param answered balances that were given
     * @param refused answers of 503: the ledger had no time or no connection for them
     * @param others answers that gave none, and connections that broke, for people; empty where there were none
     * @param latency of those that were given
     */
    record Read(long answered, long refused, String others, Latency latency) {}

    /** Ends it; returns when every request that was sent has its answer. */
    Read end() throws InterruptedException, ExecutionException {
        over = true;
        return untilItEnds();
    }

    /** Returns when it has gone on for as long as it may, and every request has its answer. */
    Read untilItEnds() throws InterruptedException, ExecutionException {
        LoadReport report = run.get();
        return new Read(
                report.acknowledged(), report.byStatus().getOrDefault(REFUSED, 0L), others(report), Latency.of(nanos));
    }

    private static String others(LoadReport report) {
        StringBuilder others = new StringBuilder();
        report.byStatus().forEach((status, count) -> {
            if (status != 200 && status != REFUSED) {
                others.append("%d x %d; ".formatted(count, status));
            }
        });
        return others + (report.failed() > 0 ? report.failed() + " connections broke" : "");
    }

    @Override
    public void close() {
        over = true;
    }

    private static List<ByteBuffer> requests(MillraceStack stack, int creators) {
        BearerMint mint = stack.bearerMint();
        Instant now = Instant.now();
        return IntStream.range(0, creators)
                .mapToObj(rank -> {
                    String creator = Events.creatorName(rank);
                    return direct("""
                            GET /v1/creators/%s/balance HTTP/1.1\r
                            Host: 127.0.0.1\r
                            Authorization: Bearer %s\r
                            \r
                            """.formatted(creator, mint.forSubject(creator, now, LIFETIME)));
                })
                .toList();
    }

    private static ByteBuffer direct(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }
}
