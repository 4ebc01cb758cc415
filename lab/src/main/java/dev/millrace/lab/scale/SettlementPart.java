package dev.millrace.lab.scale;

import dev.millrace.lab.bench.Stage;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.CpuTime;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.Sums;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * One settlement of very many active creators: first a tenth of them to warm up, then creators that the ledger has not seen, the
 * same again, and the same once more while ingest gets a fifth of what it can take.
 */
final class SettlementPart implements AutoCloseable {
    /** Settlements happen when they are asked for, never by themselves. */
    private static final Duration NEVER = Duration.ofHours(6);

    private static final Duration CALM = Duration.ofSeconds(10);

    /** Load is written out for so long at most; a longer settlement is measured for this part of it. */
    private static final int LOAD_SECONDS = 100;

    private static final double SHARE_OF_PEAK = 0.2;
    private static final int WARM_UP = 10;
    private static final int READERS = 1_000;
    private static final int DEAREST = 14;
    private static final double SECOND = 1e9;
    private static final double MILLI = 1e6;

    private final ScalePlan plan;
    private final Stage stage;
    private final MillraceStack stack;
    private final DatabaseMeter database;
    private final RedisMeter redis;
    private final PeakMemory memory;
    private final Feed feed;
    private final Path folder;
    private long sentMicros;
    private double perSecond;
    private int taken;

    private SettlementPart(ScalePlan plan, Stage stage, MillraceStack stack) throws Exception {
        this.plan = plan;
        this.stage = stage;
        this.stack = stack;
        this.database = new DatabaseMeter(stack.connect());
        this.redis = new RedisMeter(stack.redis());
        this.memory = new PeakMemory(pid("worker"));
        this.feed = new Feed(stack);
        this.folder = stage.home();
    }

    static Settlements measure(ScalePlan plan, Stage stage) throws Exception {
        try (SettlementPart part = new SettlementPart(
                plan,
                stage,
                MillraceStack.start(stage.root(), stage.place("settlement"), plan.setup(NEVER), stage.progress()))) {
            return part.measure();
        }
    }

    @Override
    public void close() throws SQLException {
        database.close();
        stack.close();
    }

    private Settlements measure() throws Exception {
        int few = plan.creators() / WARM_UP;
        List<Settlements.Round> rounds = List.of(
                loaded("warm-up", 0, few),
                alone("new", few, plan.creators()),
                alone("known", few, plan.creators()),
                loaded("known, under load", few, plan.creators()));
        List<String> failures = new ArrayList<>();
        Sums sums = Sums.of(stack, sentMicros);
        if (!sums.areEqual()) {
            failures.add(sums.toString());
        }
        checkLedger(few + plan.creators(), failures);
        return new Settlements(plan.workerHeap(), plan.articles(), rounds, failures);
    }

    private void checkLedger(long creators, List<String> failures) throws Exception {
        long accounts = database.number("SELECT count(*) FROM account WHERE name LIKE 'creator:c-%'");
        if (accounts != creators) {
            failures.add("%,d creators were active, the ledger knows %,d".formatted(creators, accounts));
        }
        long sum = database.number("SELECT coalesce(sum(micros), 0) FROM posting");
        long unequal = database.number("""
                SELECT count(*) FROM balance b
                FULL JOIN (SELECT account_id, sum(micros) AS micros FROM posting GROUP BY account_id) p USING (account_id)
                WHERE b.micros IS DISTINCT FROM p.micros
                """);
        if (sum != 0 || unequal != 0) {
            failures.add("postings sum to %,d micros; %,d balances are not the sum of their postings"
                    .formatted(sum, unequal));
        }
        long short_ = database.number("""
                SELECT count(*) FROM account JOIN balance USING (account_id)
                WHERE name LIKE 'creator:c-%%' AND (micros < %d OR micros %% %d <> 0)
                """.formatted(Events.MICROS * plan.articles(), Events.MICROS));
        if (short_ != 0) {
            failures.add("%,d creators have less than they were sent".formatted(short_));
        }
    }

    private Settlements.Round alone(String name, int first, int creators) throws Exception {
        fill(name, first, creators);
        Settled settled = settled(name);
        return round(name, creators, settled, Settlements.Load.NONE);
    }

    private Settlements.Round loaded(String name, int first, int creators) throws Exception {
        fill(name, first, creators);
        stage.progress()
                .accept("%s: %,d creators active; ingest gets %,.0f events/s"
                        .formatted(name, creators, perSecond * SHARE_OF_PEAK));
        double rate = perSecond * SHARE_OF_PEAK;
        Events events = Events.draw(
                "l%d-%d".formatted(plan.seed(), ++taken),
                plan.seed(),
                SteadyLoad.whole((long) (rate * LOAD_SECONDS)),
                READERS);
        try (SteadyLoad load = SteadyLoad.start(stack, events, rate)) {
            long calm = System.nanoTime() + CALM.toNanos() / 2; // The first half warms connections up.
            Thread.sleep(CALM.plus(CALM.dividedBy(2)));
            Settled settled = settled(name);
            SteadyLoad.Times times = load.end();
            sentMicros += times.acknowledged() * SteadyLoad.BATCH * Events.MICROS;
            return round(
                    name,
                    creators,
                    settled,
                    new Settlements.Load(
                            rate,
                            Settlements.Latency.of(times.between(calm, settled.began())),
                            Settlements.Latency.of(times.between(settled.began(), settled.ended()))));
        }
    }

    /** An event of each creator and article, in the open epoch. */
    private void fill(String name, int first, int creators) throws Exception {
        Feed.Filled filled = feed.fill(
                "f%d-%d".formatted(plan.seed(), ++taken),
                first,
                creators,
                plan.articles(),
                state -> stage.progress().accept(name + ": " + state));
        sentMicros += filled.micros();
        perSecond = filled.perSecond();
    }

    /** A settlement as it went, and what was there before. */
    private record Settled(
            long began,
            long ended,
            double databaseCpu,
            double workerCpu,
            long journal,
            long account,
            Map<String, Long> rows,
            long walBytes,
            long workerMib,
            Map<String, RedisMeter.Used> redis,
            List<DatabaseMeter.Spent> statements) {}

    private Settled settled(String name) throws Exception {
        long journal = database.number("SELECT journal_id FROM chain_head");
        long account = database.number("SELECT coalesce(max(account_id), 0) FROM account");
        Map<String, Long> rowsBefore = database.rows();
        long written = stack.rowsWritten();
        long wal = database.walBytes();
        database.reset();
        redis.reset();
        memory.reset();
        double databaseCpu = cpu("postgres");
        double workerCpu = cpu("worker");
        long began = System.nanoTime();
        stack.settle();
        long ended = System.nanoTime();
        databaseCpu = cpu("postgres") - databaseCpu;
        workerCpu = cpu("worker") - workerCpu;
        long walBytes = database.walBytes() - wal;
        long mib = memory.mib();
        Map<String, RedisMeter.Used> used = redis.used();
        List<DatabaseMeter.Spent> dearest = database.dearest(true, DEAREST);
        stage.progress().accept("%s: settled in %.1f s".formatted(name, (ended - began) / SECOND));
        Map<String, Long> rows = database.rowsSince(rowsBefore, stack.rowsWritten() - written);
        return new Settled(began, ended, databaseCpu, workerCpu, journal, account, rows, walBytes, mib, used, dearest);
    }

    private double cpu(String process) {
        return CpuTime.ofTree(pid(process));
    }

    private long pid(String process) {
        return Objects.requireNonNull(stack.processes().get(process));
    }

    /** The same rows by COPY, without load in any case. */
    private Settlements.Round round(String name, int creators, Settled settled, Settlements.Load load)
            throws Exception {
        stage.progress().accept(name + ": the same rows by COPY …");
        Map<String, BareCopy.Copied> copied = new BareCopy(database, pid("postgres"), folder)
                .since(settled.journal(), settled.account(), settled.rows());
        long journals = database.number("SELECT count(*) FROM journal WHERE journal_id > ?", settled.journal());
        stack.settle();
        return new Settlements.Round(
                name,
                creators,
                (settled.ended() - settled.began()) / MILLI,
                settled.databaseCpu(),
                settled.workerCpu(),
                journals,
                settled.rows(),
                settled.walBytes(),
                settled.workerMib(),
                settled.redis(),
                settled.statements(),
                copied,
                load);
    }
}
