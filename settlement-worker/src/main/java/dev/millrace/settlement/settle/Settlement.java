package dev.millrace.settlement.settle;

import com.google.common.util.concurrent.RateLimiter;
import dev.millrace.books.Cursors;
import dev.millrace.books.EpochTotals;
import dev.millrace.books.Journal;
import dev.millrace.books.PartitionCursor;
import dev.millrace.books.Proof;
import dev.millrace.books.Staging;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.Sealing;
import dev.millrace.settlement.SettlementSettings;
import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.seal.RedisDurability;
import dev.millrace.settlement.seal.SpentNotes;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The main path of the worker: claim partitions, seal their open epoch, read every sealed one, book them, move the
 * cursors, all in one transaction of the database.
 *
 * <p>Exactly once: an epoch is booked in the transaction that moves the cursor past it, and the cursor's row is locked
 * from the claim to the commit. If a process dies in between, or the answer of a commit is lost, the next run
 * starts from the cursor as it stands. A worker frozen in the middle loses its transaction to the timeouts set here, and
 * its later statements fail.
 */
public final class Settlement {
    private static final Logger log = LoggerFactory.getLogger(Settlement.class);

    /** Longest wait for the replicas; the next run tries again. */
    private static final Duration ACK_TIMEOUT = Duration.ofSeconds(1);

    /** Further runs of a settlement at once, until it has reached all counts from before the request. */
    private static final int MOST_MORE = 100;

    /** For sorting and joining a large batch in memory; an operation may take twice as much, a statement has a few of them. */
    private static final String WORK_MEMORY = "64MB";

    /** How often the database is told in the time that a transaction may be idle, at the least. */
    private static final int TOUCHES = 8;

    private static final Duration[] BUCKETS = IntStream.of(25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000)
            .mapToObj(Duration::ofMillis)
            .toArray(Duration[]::new);

    private static final String COMMITTED = "committed";
    private static final String EMPTY = "empty";
    private static final String FAILED = "failed";

    private final DataSource dataSource;
    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;
    private final Cursors cursors;
    private final SpentNotes notes;
    private final RedisConnections redis;
    private final Sealing sealing;
    private final Proof proof;
    private final SettlementSettings settings;
    private final MeterRegistry registry;
    private final Timer time;
    private final Counter rowsWritten;
    private final RedisDurability durability;
    private final Consumer<CrashPoint> crashPoints;

    private final RateLimiter touches;
    private final Batch.Limits usual;

    /** Guarded by {@link #turn}, like all that a run changes. */
    private Batch.Limits limits;

    /** Why partitions were left to another run when that was last told; empty: they were not. Guarded by {@link #turn}. */
    private String told = "";

    /** Hash of the journal that the last run booked, in hex. Guarded by {@link #turn}. */
    private String head = "";

    /** Within one worker only one run is active. Workers divide the partitions by the locks on the cursors. */
    private final ReentrantLock turn = new ReentrantLock(true);

    @Autowired
    Settlement(
            DataSource dataSource,
            TransactionTemplate transaction,
            RedisConnections redis,
            SettlementSettings settings,
            MeterRegistry registry,
            RedisDurability durability,
            Consumer<CrashPoint> crashPoints) {
        this(dataSource, transaction, redis, settings, registry, durability, crashPoints, Batch.Limits.USUAL);
    }

    Settlement(
            DataSource dataSource,
            TransactionTemplate transaction,
            RedisConnections redis,
            SettlementSettings settings,
            MeterRegistry registry,
            RedisDurability durability,
            Consumer<CrashPoint> crashPoints,
            Batch.Limits limits) {
        this.dataSource = dataSource;
        this.jdbc = JdbcClient.create(dataSource);
        this.transaction = transaction;
        this.cursors = new Cursors(jdbc);
        this.redis = redis;
        this.notes = new SpentNotes(jdbc, redis);
        this.sealing = new Sealing(settings.spans(), settings.redisAckReplicas(), ACK_TIMEOUT);
        this.proof = new Proof(jdbc);
        this.settings = settings;
        this.registry = registry;
        this.time = Timer.builder("millrace.settlement")
                .description("From the claim to the commit, of runs that claimed something")
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
        this.rowsWritten = Counter.builder("millrace.database.rows.written")
                .description("Rows inserted or updated in the database by settlements")
                .register(registry);
        List.of(COMMITTED, EMPTY, FAILED).forEach(this::outcome); // at 0 from the start
        this.durability = durability;
        this.touches =
                RateLimiter.create(TOUCHES * 1_000.0 / settings.mostIdle().toMillis());
        this.usual = limits;
        this.limits = limits;
        this.crashPoints = crashPoints;
    }

    /**
     * Settles what is due, the oldest first, until nothing is; one settlement for each share. What becomes due again while
     * this goes on is left to the next call.
     *
     * @return how long until something is due again, as far as is known; not positive where something is and could not be
     *     settled: another worker holds it, or it is halted
     */
    public Duration settleDue() {
        Set<Integer> done = new HashSet<>();
        while (true) {
            List<Integer> claimed = new ArrayList<>();
            Settled settled = inTurn(() -> {
                List<PartitionCursor> due =
                        cursors.claimDue(settings.settlementInterval(), settings.partitionsPerRun(), done);
                claimed.clear();
                due.forEach(cursor -> claimed.add(cursor.partition()));
                return due;
            });
            if (settled.complete() && settled.partitions() == Partition.COUNT) {
                return settings.settlementInterval();
            }
            if (settled.nothingClaimed()) {
                return cursors.untilDue(settings.settlementInterval()).orElse(Duration.ZERO);
            }
            if (settled.complete() || settled.waits() || settled.epochs() == 0) {
                done.addAll(claimed);
            }
            settled.halted().forEach(h -> done.add(h.partition()));
        }
    }

    /** Settles all partitions now, waiting for other workers to finish theirs; returns after the commit. */
    public Settled settleAll() {
        Settled last = inTurn(cursors::claimAll);
        Settled settled = last;
        for (int more = 0; last.epochs() > 0 && !last.complete() && !last.waits() && more < MOST_MORE; more++) {
            last = inTurn(cursors::claimAll);
            settled = settled.and(last);
        }
        return settled;
    }

    private Settled inTurn(Supplier<List<PartitionCursor>> claim) {
        turn.lock();
        try {
            Timer.Sample sample = Timer.start(registry);
            Settled settled = inItsMonth(claim);
            if (!settled.nothingClaimed()) {
                sample.stop(time);
                rowsWritten.increment((double) settled.rows());
                String committed = settled.journalId() == null ? EMPTY : COMMITTED;
                outcome(settled.partitions() == 0 ? FAILED : committed).increment();
            }
            return settled;
        } catch (RuntimeException e) {
            outcome(FAILED).increment();
            limits = limits.less();
            throw e;
        } finally {
            turn.unlock();
        }
    }

    private Counter outcome(String outcome) {
        return Counter.builder("millrace.settlements")
                .description(
                        "Runs: committed with a journal, empty without one, failed: rolled back, or nothing but halted partitions")
                .tag("outcome", outcome)
                .register(registry);
    }

    private Settled inItsMonth(Supplier<List<PartitionCursor>> claim) {
        try {
            return inTransaction(claim);
        } catch (Journal.MonthMissingException e) {
            e.makeIt(jdbc);
            return inTransaction(claim);
        }
    }

    private Settled inTransaction(Supplier<List<PartitionCursor>> claim) {
        Set<Integer> moved = new HashSet<>();
        Settled settled = Objects.requireNonNull(transaction.execute(status -> settle(claim, moved)));
        crashPoints.accept(CrashPoint.COMMITTED);
        notes.note(moved);
        logHead(settled);
        limits = limits.more(usual);
        return settled;
    }

    /** Whoever keeps these lines can tell later that the ledger's past was rewritten: {@code reconcile --since} verifies from such a hash on. */
    private void logHead(Settled settled) {
        if (settled.journalId() != null) {
            log.info(
                    "settled {} partitions: journal {}, {} micros, {} events, head {}",
                    settled.partitions(),
                    settled.journalId(),
                    settled.micros(),
                    settled.events(),
                    head);
        }
    }

    /** @param moved takes the partitions whose cursors are moved */
    private Settled settle(Supplier<List<PartitionCursor>> claim, Set<Integer> moved) {
        long second = setUp();
        List<PartitionCursor> claimed = claim.get();
        if (claimed.isEmpty()) {
            return Settled.NOTHING;
        }
        crashPoints.accept(CrashPoint.CLAIMED);
        durability.require();
        Batch batch = new Batch(limits);
        Staging staging = new Staging(dataSource, limits.names(), limits.characters());
        Journal journal = new Journal(jdbc);
        EpochCollector epochs =
                new EpochCollector(redis, sealing, second, limits.page(), batch, staging, this::touch, crashPoints);
        epochs.collect(claimed);
        tell(batch.waitsFor());
        Long journalId = book(batch, staging, journal);
        long rows = journal.rows();
        if (!batch.epochs().isEmpty()) {
            Map<Integer, Long> released = epochs.release(claimed, cursors, settings.keepSettled());
            rows += cursors.move(claimed, batch.epochs(), batch.left(), released, journalId);
            batch.epochs().forEach(epoch -> moved.add(epoch.partition()));
            crashPoints.accept(CrashPoint.MOVED);
        }
        rows += halt(claimed, batch.halted());
        checkNow();
        crashPoints.accept(CrashPoint.COMMITTING);
        return batch.settled(journalId, rows);
    }

    private void tell(String why) {
        if (!why.isEmpty() && !why.equals(told)) {
            log.warn("some partitions are left to a later settlement: {}", why);
        }
        told = why;
    }

    /** Checks the batch's sums, leaves out wrong epochs and books the rest. Returns the journal's number, or null when nothing was earned. */
    private @Nullable Long book(Batch batch, Staging staging, Journal journal) {
        if (batch.isEmpty()) {
            return null;
        }
        staging.finish();
        crashPoints.accept(CrashPoint.STAGED);
        staging.drop(batch.leaveOut(proof.culprits(batch.epochs())));
        if (batch.isEmpty()) {
            return null;
        }
        Long journalId = journal.settle(batch.events(), batch.days()).orElse(null);
        crashPoints.accept(CrashPoint.BOOKED);
        head = journal.head();
        journal.archive();
        if (staging.hasNotes()) {
            journal.archiveVisits();
        }
        List<EpochTotals> settled = batch.epochs();
        journal.spend(
                settled.stream().map(EpochTotals::part).toList(),
                settled.stream().map(EpochTotals::partition).toList());
        crashPoints.accept(CrashPoint.ARCHIVED);
        return journalId;
    }

    /** Runs the checks of the commit now, all in one statement. */
    private void checkNow() {
        jdbc.sql("SET CONSTRAINTS ALL IMMEDIATE").update();
    }

    /** Tells the database now and then that this transaction is not idle. A worker that is frozen tells it nothing. */
    private void touch() {
        if (touches.tryAcquire()) {
            jdbc.sql("SELECT 1").query(Integer.class).single();
        }
    }

    /**
     * Below one interval, so that a worker that freezes here does not hold the others up for longer. One statement sets all that
     * holds for the transaction, and tells the database's second.
     */
    private long setUp() {
        return jdbc.sql("""
                SELECT set_config('idle_in_transaction_session_timeout', :limit, true), set_config('lock_timeout', :limit, true),
                       set_config('work_mem', :memory, true), floor(extract(epoch FROM clock_timestamp()))::bigint AS second
                """)
                .param("memory", WORK_MEMORY)
                .param("limit", Long.toString(settings.mostIdle().toMillis()))
                .query((row, number) -> row.getLong("second"))
                .single();
    }

    private long halt(List<PartitionCursor> claimed, List<Settled.Halted> halted) {
        long rows = 0;
        for (Settled.Halted one : halted) {
            String before = claimed.stream()
                    .filter(c -> c.partition() == one.partition())
                    .findFirst()
                    .map(PartitionCursor::halted)
                    .orElse(null);
            if (!one.why().equals(before)) {
                log.error("partition {} is left out of the settlement: {}", one.partition(), one.why());
                rows += cursors.halted(one.partition(), one.why());
            }
        }
        return rows;
    }
}
