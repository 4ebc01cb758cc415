package dev.millrace.lab.scale;

import dev.millrace.lab.bench.Stage;
import dev.millrace.lab.load.Drive;
import dev.millrace.lab.load.EventRequests;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.lab.load.LoadReport;
import dev.millrace.lab.load.Refusals;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.load.Verdicts;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.Sums;
import dev.millrace.local.mint.TokenMint;
import dev.millrace.local.server.Databases;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.HdrHistogram.Histogram;

/** The balance of one creator with one publisher and with a thousand, each of which owes something that is not settled. */
final class BalancePart {
    private static final Duration NEVER = Duration.ofHours(1);
    private static final List<Integer> PUBLISHERS = List.of(1, 1_000);
    private static final int READS = 3_000;
    private static final Duration IDLE = Duration.ofSeconds(5);
    private static final Duration LIFETIME = Duration.ofHours(1);
    private static final int DIGITS = 3;

    private final Stage stage;
    private final MillraceStack stack;
    private final DatabaseMeter database;
    private final ByteBuffer read;
    private final Slabs slabs = new Slabs();
    private final List<String> failures = new ArrayList<>();
    private int known;
    private long sentMicros;

    private BalancePart(Stage stage, MillraceStack stack, DatabaseMeter database) {
        this.stage = stage;
        this.stack = stack;
        this.database = database;
        String creator = Events.creatorName(0);
        byte[] request = """
                GET /v1/creators/%s/balance HTTP/1.1\r
                Host: 127.0.0.1\r
                Authorization: Bearer %s\r
                \r
                """.formatted(creator, stack.bearerMint().forSubject(creator, Instant.now(), LIFETIME))
                .getBytes(StandardCharsets.US_ASCII);
        this.read = ByteBuffer.allocateDirect(request.length).put(request).flip();
    }

    static LiveBalances measure(ScalePlan plan, Stage stage) throws Exception {
        try (MillraceStack stack =
                        MillraceStack.start(stage.root(), stage.place("balance"), plan.setup(NEVER), stage.progress());
                DatabaseMeter database = new DatabaseMeter(stack.connect())) {
            return new BalancePart(stage, stack, database).measure(plan);
        }
    }

    private LiveBalances measure(ScalePlan plan) throws Exception {
        List<LiveBalances.Size> sizes = new ArrayList<>();
        for (int publishers : PUBLISHERS) {
            stage.progress().accept("%,d publishers pay the creator …".formatted(publishers));
            pay(publishers, "b%d-%d".formatted(plan.seed(), publishers));
            read(); // The ledger's code gets warm.
            sizes.add(size(publishers));
        }
        stack.settle();
        Sums sums = Sums.of(stack, sentMicros);
        if (!sums.areEqual()) {
            failures.add(sums.toString());
        }
        return new LiveBalances(sizes, failures);
    }

    /** An event of each publisher that is new. */
    private void pay(int publishers, String prefix) throws Exception {
        for (TokenMint mint : stack.mints(known, publishers)) {
            Events events = Events.oneEach(prefix + "-" + known++, 0, 1, 0);
            Verdicts verdicts = new Verdicts();
            LoadClient.http(stack.ingestPort(), 1)
                    .send(
                            new EventRequests(mint, slabs).of(events, 1),
                            new Drive.ClosedLoop(),
                            Refusals.SEND_AGAIN,
                            new Histogram(DIGITS),
                            verdicts);
            if (verdicts.accepted() != 1) {
                failures.add("an event of a new publisher: " + verdicts);
            }
            sentMicros += events.micros();
        }
    }

    private LiveBalances.Size size(int publishers) throws Exception {
        Spent idle = spent();
        Thread.sleep(IDLE);
        Spent before = spent();
        double perNano = 1.0 / (before.nanos() - idle.nanos());
        Histogram nanos = read();
        Spent after = spent();
        double share = (after.nanos() - before.nanos()) * perNano;
        return new LiveBalances.Size(
                publishers,
                Settlements.Latency.of(nanos),
                each(after.commands() - before.commands(), share * (before.commands() - idle.commands())),
                each(after.redisMicros() - before.redisMicros(), share * (before.redisMicros() - idle.redisMicros())),
                each(after.statements() - before.statements(), share * (before.statements() - idle.statements())));
    }

    private static double each(long all, double anyway) {
        return (all - anyway) / READS;
    }

    private Histogram read() throws Exception {
        Histogram nanos = new Histogram(DIGITS);
        LoadReport report = LoadClient.http(stack.ledgerPort(), 1)
                .send(Collections.nCopies(READS, read), new Drive.ClosedLoop(), Refusals.COUNT, nanos, null);
        if (report.acknowledged() != READS) {
            failures.add("of %,d balances %,d were given".formatted(READS, report.acknowledged()));
        }
        return nanos;
    }

    /** Counters at one moment. */
    private record Spent(long nanos, long commands, long redisMicros, long statements) {}

    private Spent spent() throws Exception {
        return new Spent(
                System.nanoTime(), stack.redisCommands(), stack.redisMicros(), database.statements(Databases.LEDGER));
    }
}
