package dev.millrace.lab.scale;

import dev.millrace.lab.command.Machine;
import dev.millrace.lab.command.Percentiles;
import dev.millrace.lab.command.ProgressPrinter;
import dev.millrace.lab.load.EventRequests;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.lab.load.LoadReport;
import dev.millrace.lab.load.Pace;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.stack.CpuTime;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.PeakMemory;
import dev.millrace.lab.stack.Stage;
import dev.millrace.lab.stack.Sums;
import dev.millrace.lab.stack.Wait;
import dev.millrace.local.mint.TokenMint;
import dev.millrace.local.server.Databases;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** One run: the parts that are asked for, one after another, each with servers of its own. */
final class Scale {
    /** Settlements happen when they are asked for, never by themselves. */
    private static final Duration NEVER = Duration.ofHours(6);

    private static final Duration CALM = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int CREATORS = 1_000;
    private static final int BATCH = 1_000;

    /** Events of one request after another while open epochs are filled; each lot is written out anew. */
    private static final int LOT = 200_000;

    /** Most seconds of the load beside something; what takes longer is measured for this part of it. */
    private static final int LOAD_SECONDS = 150;

    private static final double SHARE_OF_PEAK = 0.2;
    private static final int TURNS = 5;
    private static final int PEAK_LOTS = 3;
    private static final int PEAK_LOT = 500_000;
    private static final int NODES = 4;
    private static final int NODE_EVENTS = 100_000;
    private static final int READS = 3_000;
    private static final int LOOKS = 12;
    private static final int SLOWLOG = 200_000;
    private static final int SLOWLOG_MICROS = 2;
    private static final double SECOND = 1e9;
    private static final String SETTLED_EVENTS = "SELECT coalesce(sum(settled_events), 0) FROM partition_cursor";

    private final ScalePlan plan;
    private final Stage stage;
    private final Map<String, Map<String, Double>> figures = new LinkedHashMap<>();
    private final List<String> failures = new ArrayList<>();
    private final Slabs slabs = new Slabs();
    private int drawn;
    private long sentMicros;

    private Scale(ScalePlan plan, Stage stage) {
        this.plan = plan;
        this.stage = stage;
    }

    static ScaleReport run(ScalePlan plan, Stage stage, ProgressPrinter progress) throws Exception {
        Scale scale = new Scale(plan, stage);
        for (ScalePlan.Part part : ScalePlan.Part.values()) {
            if (plan.parts().contains(part)) {
                scale.run(part);
            }
        }
        Machine machine = Machine.ofThisProcess(List.of("worker: -Xmx" + plan.workerHeap()), progress.elapsed());
        return new ScaleReport(machine, plan.seed(), scale.figures, scale.failures);
    }

    private void run(ScalePlan.Part part) throws Exception {
        stage.progress().accept("scale: " + part + " …");
        MillraceStack.Setup setup = switch (part) {
            case SETTLEMENT, BALANCE -> plan.setup(NEVER);
            case DATABASE -> plan.setup(plan.interval());
            case START -> plan.setup(NEVER).withNodes(2).withIndexFor(plan.remembered());
            case NODES -> plan.setup(NEVER).withNodes(NODES);
            case FOLLOWERS -> plan.setup(Duration.ofSeconds(60));
            case OUTAGE -> plan.setup(Duration.ofSeconds(5));
        };
        sentMicros = 0;
        try (MillraceStack stack =
                        MillraceStack.start(stage.root(), stage.place(part.toString()), setup, stage.progress());
                ScaleDatabase database = new ScaleDatabase(stack.connect())) {
            switch (part) {
                case SETTLEMENT -> settlements(stack, database);
                case DATABASE -> interval(stack, database);
                case START -> start(stack);
                case NODES -> nodes(stack);
                case BALANCE -> balances(stack, database);
                case FOLLOWERS -> followers(stack);
                case OUTAGE -> outage(stack);
            }
            Wait.until("everything to settle", PATIENCE, () -> settles(stack));
            Sums sums = Sums.of(stack, sentMicros);
            if (!sums.areEqual()) {
                failures.add(part + ": " + sums);
            }
        }
    }

    private static boolean settles(MillraceStack stack) throws IOException, InterruptedException {
        try {
            stack.settle();
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    private void figure(String what, String name, Number value) {
        figures.computeIfAbsent(what, _ -> new LinkedHashMap<>()).put(name, value.doubleValue());
    }

    private String prefix() {
        return "s%d-%d".formatted(plan.seed(), ++drawn);
    }

    /** First a tenth of the creators to warm up, then such as the ledger has not seen, the same again, and again under load. */
    private void settlements(MillraceStack stack, ScaleDatabase database) throws Exception {
        int few = plan.creators() / 10;
        settlement(stack, database, "warm-up", 0, few, true);
        settlement(stack, database, "new", few, plan.creators(), false);
        settlement(stack, database, "known", few, plan.creators(), false);
        settlement(stack, database, "known, under load", few, plan.creators(), true);
        long accounts = database.number("SELECT count(*) FROM account WHERE name LIKE 'creator:c-%'");
        long sum = database.number("SELECT coalesce(sum(micros), 0) FROM posting");
        long unequal = database.number("""
                SELECT count(*) FROM balance b
                FULL JOIN (SELECT account_id, sum(micros) AS micros FROM posting GROUP BY account_id) p USING (account_id)
                WHERE b.micros IS DISTINCT FROM p.micros
                """);
        if (accounts != few + plan.creators() || sum != 0 || unequal != 0) {
            failures.add(
                    "%,d creators in the ledger, postings sum to %,d micros, %,d balances are not the sum of theirs"
                            .formatted(accounts, sum, unequal));
        }
    }

    private void settlement(
            MillraceStack stack, ScaleDatabase database, String name, int first, int creators, boolean loaded)
            throws Exception {
        String what = "settlement, " + name;
        double perSecond = fill(stack, first, creators);
        double rate = perSecond * SHARE_OF_PEAK;
        try (SteadyLoad load = loaded ? load(stack, rate, LOAD_SECONDS) : null) {
            long calm = System.nanoTime();
            if (loaded) {
                Thread.sleep(CALM);
            }
            long journal = database.number("SELECT journal_id FROM chain_head");
            long account = database.number("SELECT coalesce(max(account_id), 0) FROM account");
            long wal = database.number("SELECT (pg_current_wal_lsn() - '0/0')::bigint");
            PeakMemory memory = new PeakMemory(pid(stack, "worker"));
            memory.reset();
            noteSlowCommands(stack.redis());
            double databaseCpu = CpuTime.ofTree(pid(stack, "postgres"));
            double workerCpu = CpuTime.ofTree(pid(stack, "worker"));
            long began = System.nanoTime();
            stack.settle();
            long ended = System.nanoTime();
            double seconds = (ended - began) / SECOND;
            figure(what, "creators", creators);
            figure(what, "eventsPerSecond", perSecond);
            figure(what, "seconds", seconds);
            figure(what, "databaseCpuSeconds", CpuTime.ofTree(pid(stack, "postgres")) - databaseCpu);
            figure(what, "workerCpuSeconds", CpuTime.ofTree(pid(stack, "worker")) - workerCpu);
            figure(what, "workerMib", memory.mib());
            figure(what, "walMib", (database.number("SELECT (pg_current_wal_lsn() - '0/0')::bigint") - wal) >> 20);
            figure(what, "longestRedisMs", longestMillis(stack.redis()));
            figure(what, "journals", database.number("SELECT count(*) FROM journal WHERE journal_id > " + journal));
            end(what, load, calm, began, ended);
            ScaleDatabase.Copied copied =
                    database.copy(journal, account, (long) creators * plan.articles(), stage.home());
            figure(what, "rows", copied.rows());
            figure(what, "timesBareCopy", seconds / copied.bareSeconds());
            figure(what, "timesIndexedCopy", seconds / copied.indexedSeconds());
        }
        stack.settle();
    }

    /** Has creators earn something: an event of each of their first articles. Events a second, of the last lot. */
    private double fill(MillraceStack stack, int first, int creators) throws IOException {
        double perSecond = 0;
        for (int article = 0; article < plan.articles(); article++) {
            for (int from = 0; from < creators; from += LOT) {
                Events events = Events.oneEach(prefix(), first + from, Math.min(LOT, creators - from), article);
                List<ByteBuffer> requests = new EventRequests(stack.mint(), slabs).of(events, BATCH);
                LoadReport report =
                        LoadClient.http(stack.ingestPort(), 4).deliver(requests, Pace.CLOSED_LOOP, new Histogram(3));
                perSecond = events.size() * SECOND / report.nanos();
                sentMicros += events.micros();
                stage.progress()
                        .accept("%,d of %,d creators counted, %,.0f events/s".formatted(from, creators, perSecond));
            }
        }
        return perSecond;
    }

    private SteadyLoad load(MillraceStack stack, double perSecond, long seconds) {
        return SteadyLoad.start(stack, prefix(), plan.seed(), perSecond, seconds, CREATORS);
    }

    /** Ends a load, if any, and tells what it noticed of something. */
    private void end(String what, @Nullable SteadyLoad load, long calm, long began, long ended) throws Exception {
        if (load != null) {
            sentMicros += load.end();
            Percentiles before = load.between(calm + (began - calm) / 2, began);
            figure(what, "p99MsBefore", before.p99Ms());
            figure(what, "p99MsMeanwhile", load.between(began, ended).p99Ms());
        }
    }

    /** From one settlement to the next, both of which come by themselves; the load goes on over both. */
    private void interval(MillraceStack stack, ScaleDatabase database) throws Exception {
        try (SteadyLoad load =
                load(stack, plan.rate(), 2 * plan.interval().plus(CALM).toSeconds() + 20)) {
            awaitSettlement(database);
            database.execute("SELECT pg_stat_statements_reset()");
            long events = database.number(SETTLED_EVENTS);
            long rows = stack.rowsWritten();
            awaitSettlement(database);
            figure("database", "worker statements", database.statements(Databases.SETTLER));
            figure("database", "ledger statements", database.statements(Databases.LEDGER));
            figure("database", "events", database.number(SETTLED_EVENTS) - events);
            figure("database", "rows", stack.rowsWritten() - rows);
            sentMicros += load.end();
        }
    }

    private void awaitSettlement(ScaleDatabase database) throws Exception {
        long before = database.number(SETTLED_EVENTS);
        Wait.until(
                "the next settlement",
                plan.interval().plus(CALM.multipliedBy(2)),
                () -> database.number(SETTLED_EVENTS) != before);
    }

    /** How long a node takes to read what is remembered, and what another one's readers notice of it. */
    private void start(MillraceStack stack) throws Exception {
        stack.remember(plan.remembered(), plan.seed(), stage.progress());
        try (SteadyLoad load = load(stack, plan.rate(), LOAD_SECONDS)) {
            long calm = System.nanoTime();
            Thread.sleep(CALM.multipliedBy(2));
            long began = System.nanoTime();
            stack.replaceIngest(2);
            long ready = System.nanoTime();
            figure("start", "identities", plan.remembered());
            figure("start", "readySeconds", (ready - began) / SECOND);
            end("start", load, calm, began, ready);
        }
        stage.progress().accept(stack.memory().toString());
        figure("start", "bytesInRedis", stack.memory().redisBytesEach());
        figure("start", "bytesInIndex", stack.memory().indexBytesEach());
    }

    /** Several nodes get all the events of one creator that they can take: how long scripts run, and what each node gets. */
    private void nodes(MillraceStack stack) throws Exception {
        send(stack, NODE_EVENTS / 5);
        noteSlowCommands(stack.redis());
        List<Double> perSecond = send(stack, NODE_EVENTS);
        figure("nodes", "longestRedisMs", longestMillis(stack.redis()));
        for (int node = 0; node < NODES; node++) {
            figure("nodes", "eventsPerSecond" + (node + 1), perSecond.get(node));
        }
    }

    private List<Double> send(MillraceStack stack, int count) throws Exception {
        List<Future<LoadReport>> sending = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(NODES)) {
            for (int node = 1; node <= NODES; node++) {
                Events events = Events.draw(prefix(), plan.seed(), count, 1);
                sentMicros += events.micros();
                List<ByteBuffer> requests = new EventRequests(stack.mint(), new Slabs()).of(events, BATCH);
                LoadClient client = LoadClient.http(stack.ingestPort(node), 4);
                sending.add(threads.submit(() -> client.deliver(requests, Pace.CLOSED_LOOP, new Histogram(3))));
            }
        }
        List<Double> perSecond = new ArrayList<>();
        for (Future<LoadReport> node : sending) {
            perSecond.add(count * SECOND / node.get().nanos());
        }
        return perSecond;
    }

    /** The balance of one creator with one publisher and with a thousand, each of which owes something not settled. */
    private void balances(MillraceStack stack, ScaleDatabase database) throws Exception {
        int known = 0;
        for (int publishers : new int[] {1, 1_000}) {
            for (TokenMint mint : stack.mints(known, publishers)) {
                Events events = Events.oneEach(prefix(), 0, 1, 0);
                LoadClient.http(stack.ingestPort(), 1)
                        .deliver(new EventRequests(mint, slabs).of(events, 1), Pace.CLOSED_LOOP, new Histogram(3));
                sentMicros += events.micros();
            }
            known = publishers;
            read(stack); // The ledger's code gets warm.
            long[] idle = spent(stack, database);
            Thread.sleep(CALM.dividedBy(2));
            long[] before = spent(stack, database);
            Percentiles times = read(stack);
            long[] after = spent(stack, database);
            double share = (double) (after[0] - before[0]) / (before[0] - idle[0]);
            String what = "balance, %,d publishers".formatted(publishers);
            figure(what, "p50Ms", times.p50Ms());
            figure(what, "p99Ms", times.p99Ms());
            String[] names = {"", "commands", "redisMicros", "statements"};
            for (int i = 1; i < names.length; i++) {
                figure(what, names[i], (after[i] - before[i] - share * (before[i] - idle[i])) / READS);
            }
        }
    }

    private Percentiles read(MillraceStack stack) throws IOException {
        Histogram nanos = new Histogram(3);
        List<ByteBuffer> requests = Collections.nCopies(READS, stack.balanceRequest(Events.creatorName(0)));
        LoadReport report = LoadClient.http(stack.ledgerPort(), 1).send(requests, Pace.CLOSED_LOOP, nanos);
        if (report.acknowledged() != READS) {
            failures.add("of %,d balances %,d were given".formatted(READS, report.acknowledged()));
        }
        return Percentiles.of(nanos);
    }

    /** Nanoseconds, commands of Redis, microseconds of its CPU, statements of the ledger: so far. */
    private static long[] spent(MillraceStack stack, ScaleDatabase database) throws SQLException {
        return new long[] {
            System.nanoTime(), stack.redisCommands(), stack.redisMicros(), database.statements(Databases.LEDGER)
        };
    }

    /** A node's peak without followers and with them, in turns; the median of the turns' ratios. */
    private void followers(MillraceStack stack) throws Exception {
        peak(stack); // the code gets warm
        List<Double> ratios = new ArrayList<>();
        for (int turn = 1; turn <= TURNS; turn++) {
            double alone = peak(stack);
            try (Followers followers = Followers.open(stack, CREATORS)) {
                long before = followers.events();
                long began = System.nanoTime();
                double followed = peak(stack);
                String what = "followers, turn %d".formatted(turn);
                figure(what, "eventsPerSecond", alone);
                figure(what, "eventsPerSecondFollowed", followed);
                figure(
                        what,
                        "eventsSentPerSecond",
                        (followers.events() - before) * SECOND / (System.nanoTime() - began));
                ratios.add(followed / alone);
            }
        }
        figure("followers", "medianRatio", ratios.stream().sorted().toList().get(TURNS / 2));
    }

    /** Events a second, over several lots, each of which is written out before its time begins. */
    private double peak(MillraceStack stack) throws IOException {
        long nanos = 0;
        for (int lot = 0; lot < PEAK_LOTS; lot++) {
            Events events = Events.draw(prefix(), plan.seed() + lot, PEAK_LOT, CREATORS);
            List<ByteBuffer> requests = new EventRequests(stack.mint(), slabs).of(events, BATCH);
            nanos += LoadClient.http(stack.ingestPort(), 4)
                    .deliver(requests, Pace.CLOSED_LOOP, new Histogram(3))
                    .nanos();
            sentMicros += events.micros();
        }
        return PEAK_LOTS * PEAK_LOT * SECOND / nanos;
    }

    /** Kills Postgres under load, looks at Redis' memory, and starts Postgres again. */
    private void outage(MillraceStack stack) throws Exception {
        long seconds = plan.interval().plus(CALM).plus(PATIENCE).toSeconds();
        try (SteadyLoad load = load(stack, plan.rate(), seconds)) {
            Thread.sleep(CALM);
            stack.killPostgres();
            for (int look = 1; look <= LOOKS; look++) {
                Thread.sleep(plan.interval().dividedBy(LOOKS));
                sample(stack.redis(), plan.interval().toSeconds() * look / LOOKS);
            }
            stack.restartPostgres();
            sentMicros += load.end();
        }
    }

    private void sample(RedisCommands<String, String> redis, long seconds) {
        long entries = 0;
        long folded = 0;
        long bytes = 0;
        for (String key : redis.keys("*:*:*")) {
            boolean records = key.contains(":engage:");
            boolean sums = key.contains(":folded:");
            entries += records ? redis.xlen(key) : 0;
            folded += sums ? redis.hlen(key) : 0;
            if (records || sums || key.contains(":earn:")) {
                bytes += Objects.requireNonNullElse(redis.memoryUsage(key), 0L);
            }
        }
        String what = "outage, after %d s".formatted(seconds);
        figure(what, "entries", entries);
        figure(what, "foldedNames", folded);
        figure(what, "bytes", bytes);
    }

    private static void noteSlowCommands(RedisCommands<String, String> redis) {
        redis.configSet("slowlog-log-slower-than", "200");
        redis.configSet("slowlog-max-len", Integer.toString(SLOWLOG));
        redis.slowlogReset();
    }

    /** The longest command since; 0 when none took more than 200 µs. Redis does one at a time. */
    private static double longestMillis(RedisCommands<String, String> redis) {
        return redis.slowlogGet(SLOWLOG).stream()
                        .mapToLong(entry -> (Long) ((List<?>) entry).get(SLOWLOG_MICROS))
                        .max()
                        .orElse(0)
                / 1_000.0;
    }

    private static long pid(MillraceStack stack, String process) {
        return Objects.requireNonNull(stack.processes().get(process));
    }
}
