package dev.millrace.ledger.balance;

import dev.millrace.common.identity.Identity;
import dev.millrace.common.money.Micros;
import dev.millrace.ledger.balance.PendingCounters.Epoch;
import dev.millrace.ledger.balance.PendingCounters.Partition;
import dev.millrace.ledger.balance.SettledLedger.Cursors;
import dev.millrace.ledger.balance.SettledLedger.Settled;
import dev.millrace.ledger.balance.SettledLedger.Start;
import dev.millrace.ledger.creator.CreatorId;
import dev.millrace.ledger.problem.Outage;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Reads one consistent balance out of two stores that no transaction spans, while settlement moves money from one to the
 * other. Thread-safe; holds no lock and makes nobody wait.
 *
 * <h2>The reading</h2>
 *
 * For each partition, three steps in this order:
 *
 * <ol>
 *   <li><b>L</b>: the cursor, read from Postgres. A lower bound: epochs up to L are settled from now on.
 *   <li><b>P and the sums</b>: the pointer, read from Redis, then the creator's sums of the epochs L+1 to P, then
 *       the pointer again.
 *   <li><b>S and the balance</b>: the cursor again and the creator's balance, in <em>one</em> statement, which is one
 *       snapshot of one server.
 * </ol>
 *
 * An answer is given only if L ≤ S &lt; P in all partitions, and the pointer read last is not below P. It is the balance
 * plus the sums of the epochs S+1 to P.
 *
 * <h2>Why it is never double and never short</h2>
 *
 * <p>A settlement books an epoch and moves the cursor past it in the same transaction. So the snapshot of step 3 holds, of
 * each partition, exactly the epochs up to S: all of them, none above. The sums added are of epochs above S only. No
 * epoch is in both: <b>never double</b>, whenever settlement ran in between.
 *
 * <p>Take any event counted before step 2 began, in epoch e of its partition. Events are counted in the epoch the pointer
 * names, and the pointer only grows, so e ≤ P. If e ≤ S, it is in the balance: an epoch is settled after it was sealed,
 * and nothing is added to a sealed one. If e &gt; S then, as L ≤ S, epoch e is one of those read in step 2, after the
 * event was counted; and its sum is whole:
 *
 * <ul>
 *   <li>An epoch's hash is deleted only when a cursor has passed it. Where e &gt; S and e &lt; P the hash must still
 *       be there, with the seal's mark; if it is not (Postgres was restored to a state older than what Redis keeps), the
 *       reading is refused.
 *   <li>The counters are still those that P spoke of: a Redis emptied since has no pointer behind the sums. And they are the
 *       ledger's: a Redis process that no worker has compared with the ledger yet may have come back from an older copy, and
 *       is refused.
 *   <li>The fields asked for are those of all publishers that ingest nodes may take tokens of: those of step 1 and those of
 *       the catalogue in Redis, which knows more after Postgres was restored. Step 3 counts the database's publishers
 *       again: one more, and the reading starts over.
 * </ul>
 *
 * So every event counted before step 2 is in the answer once: <b>never short</b>. Events counted during the reading may
 * or may not be in it, as with any reading; two readings one after the other never show a sum that went down, as the
 * second begins after the first has ended.
 *
 * <h2>What makes it start over, and what makes it refuse</h2>
 *
 * <p>S &lt; L: the cursor went back, Postgres was restored or failed over in between. S ≥ P: the open epoch of step 2 has
 * been sealed and settled since. The number of openings or of publishers changed. The pointer is gone or went back. When it
 * reads again, all of these are over or make it refuse, so {@value #TRIES} tries are enough; then it refuses.
 *
 * <p>Those who ask while a reading is under way share the next one ({@link Gathering}), which begins after they have asked; so what
 * is said of a reading holds for each of them.
 *
 * <p>P missing, or P ≤ L: Redis is not the one the ledger was settled from, or was never opened. What it has lost is not
 * known, so it refuses at once: a guess would be a wrong amount of money.
 */
public final class LiveBalance {
    /** Tries before a reading is given up. */
    static final int TRIES = 5;

    /** Creators in one reading. */
    private static final int MOST = 64;

    /** For a reading under way; it takes a few milliseconds, unless a store hangs. */
    private static final Duration PATIENCE = Duration.ofMillis(250);

    private final SettledLedger ledger;
    private final PendingCounters counters;
    private final Clock clock;
    private final Gathering<CreatorId, BalanceReading> readings = new Gathering<>(MOST, PATIENCE, this::readAll);
    private final Outage outage = new Outage("Balances can't be read");

    LiveBalance(SettledLedger ledger, PendingCounters counters, Clock clock) {
        this.ledger = ledger;
        this.counters = counters;
        this.clock = clock;
    }

    /**
     * The creator's balance now.
     *
     * @throws org.springframework.dao.DataAccessException when Postgres does not answer
     */
    public BalanceReading read(CreatorId creator) {
        return readings.ask(creator);
    }

    /** The balances of these, in their order, in one reading. */
    List<BalanceReading> readAll(List<CreatorId> creators) {
        try {
            List<BalanceReading> balances = readConsistently(creators);
            outage.over();
            return balances;
        } catch (Unreadable e) {
            outage.failed(String.valueOf(e.getMessage()));
            return Collections.nCopies(creators.size(), new BalanceReading.Unavailable(e.reason()));
        }
    }

    private List<BalanceReading> readConsistently(List<CreatorId> creators) throws Unreadable {
        for (int i = 0; i < TRIES; i++) {
            Optional<List<BalanceReading>> balances = attempt(creators);
            if (balances.isPresent()) {
                return balances.get();
            }
        }
        throw new Unreadable("the ledger and the counters moved during each of %d readings".formatted(TRIES));
    }

    private Optional<List<BalanceReading>> attempt(List<CreatorId> creators) throws Unreadable {
        Start start = ledger.start();
        if (start.cursors().openings().contains(0L)) {
            throw new Unreadable("the counters were never opened");
        }
        Instant asOf = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        List<Partition> pending = counters.read(creators, start);
        Settled settled = ledger.settled(creators);
        if (!fitTogether(start, pending, settled)) {
            return Optional.empty();
        }
        List<Epoch> epochs = epochsAbove(settled.cursors(), pending);
        return Optional.of(IntStream.range(0, creators.size())
                .mapToObj(creator -> sum(creator, epochs, settled, asOf))
                .toList());
    }

    /** L ≤ S &lt; P everywhere, and nobody emptied or opened counters or joined in between. */
    private static boolean fitTogether(Start start, List<Partition> pending, Settled settled) {
        Cursors before = start.cursors();
        Cursors after = settled.cursors();
        for (int p = 0; p < Identity.PARTITIONS; p++) {
            if (after.epoch(p) < before.epoch(p)
                    || after.epoch(p) >= pending.get(p).pointer()
                    || !pending.get(p).stayed()) {
                return false;
            }
        }
        return after.openings().equals(before.openings())
                && settled.publishers() == start.publishers().size();
    }

    /** The epochs S+1 to P of all partitions. */
    private static List<Epoch> epochsAbove(Cursors settled, List<Partition> pending) throws Unreadable {
        List<Epoch> epochs = new ArrayList<>();
        for (int p = 0; p < Identity.PARTITIONS; p++) {
            Partition partition = pending.get(p);
            for (long e = settled.epoch(p) + 1; e <= partition.pointer(); e++) {
                Epoch epoch = partition.epoch(e);
                if (e < partition.pointer() && !epoch.sealed()) {
                    throw new Unreadable(
                            "epoch %d of partition %d is neither settled nor in the counters".formatted(e, p));
                }
                epochs.add(epoch);
            }
        }
        return epochs;
    }

    /** @param creator where in the reading it stands */
    private static BalanceReading sum(int creator, List<Epoch> epochs, Settled settled, Instant asOf) {
        SettledLedger.Account account = settled.accounts().get(creator);
        Micros sum = Micros.ZERO;
        boolean known = account.known();
        for (Epoch epoch : epochs) {
            PendingCounters.Earned earned = epoch.earned().get(creator);
            if (earned.wrong() != null) {
                return new BalanceReading.Unavailable(
                        "a counter holds '%s', which is no whole number of micros".formatted(earned.wrong()));
            }
            sum = sum.plus(earned.micros());
            known |= earned.known();
        }
        return known
                ? new BalanceReading.Live(account.balance(), sum, asOf, settled.settledThrough())
                : new BalanceReading.Unknown();
    }
}
