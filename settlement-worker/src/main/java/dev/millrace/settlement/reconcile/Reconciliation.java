package dev.millrace.settlement.reconcile;

import dev.millrace.books.Cursors;
import dev.millrace.books.PartitionCursor;
import dev.millrace.books.Proof;
import dev.millrace.books.QuarantineDecision;
import dev.millrace.counters.RedisConnections;
import dev.millrace.settlement.watch.CounterBalanceCheck;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The whole comparison. It disturbs nobody, and a settlement in its middle makes no difference: the ledger is read as of
 * one moment, and the counters against the cursors of that moment. Where a cursor moved while the counters were read, both
 * are read again.
 */
final class Reconciliation {
    private static final int MOST_ATTEMPTS = 20;

    private final RedisConnections redis;
    private final DataSource ledger;
    private final Cursors cursorsNow;
    private final CounterCheck counters;

    /**
     * @param ledger connections of a login that may read it
     */
    Reconciliation(RedisConnections redis, DataSource ledger) {
        this.redis = redis;
        this.ledger = ledger;
        this.cursorsNow = new Cursors(JdbcClient.create(ledger));
        this.counters = new CounterCheck(redis, new CounterBalanceCheck(redis));
    }

    /** Partitions kept being settled while they were read. */
    static final class NeverStillException extends Exception {
        private static final long serialVersionUID = 1L;

        NeverStillException() {
            super(
                    "settlements follow each other so fast that the counters can't be read between two of them; try again");
        }
    }

    /** Tells the report everything, and comes to a verdict. */
    Report.Verdict compare(Report report, Progress progress) throws NeverStillException {
        progress.step("counters");
        for (int attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
            try (Snapshot snapshot = Snapshot.open(ledger)) {
                List<PartitionCursor> cursors = snapshot.cursors().all();
                Proof proof = new Proof(snapshot.jdbc());
                Optional<CounterCheck.Look> look = counters.look(cursors, proof, progress);
                if (look.isPresent() && stoodStill(cursors)) {
                    return compare(new Before(snapshot, cursors, proof, look.get()), report, progress);
                }
            }
        }
        throw new NeverStillException();
    }

    /** What belongs to one moment. */
    private record Before(Snapshot snapshot, List<PartitionCursor> cursors, Proof proof, CounterCheck.Look look) {}

    private boolean stoodStill(List<PartitionCursor> before) {
        return epochs(before).equals(epochs(cursorsNow.all()));
    }

    private static List<Long> epochs(List<PartitionCursor> cursors) {
        return cursors.stream().map(PartitionCursor::settledEpoch).toList();
    }

    private Report.Verdict compare(Before now, Report report, Progress progress) {
        Count differences = new Count();
        Consumer<Difference> found = difference -> {
            differences.value++;
            report.difference(difference);
        };
        report.counters(now.look().money(), now.look().notes());
        now.look().differences().forEach(found);
        LedgerChecks checks = new LedgerChecks(now.snapshot(), found);
        checks.accounts(
                progress,
                creator -> creator.with(
                        "pending",
                        counters.pending(
                                creator.subject(), now.cursors(), now.look().pointers())));
        progress.step("the chain");
        long journals = new HashCheck(now.snapshot(), found).run(progress);
        checks.chain();
        progress.step("quarantined epochs");
        long undecided = quarantine(now, report, found);
        Report.Verdict verdict = new Report.Verdict(journals, differences.value, undecided);
        report.end(verdict);
        return verdict;
    }

    /** Differences come before the quarantined epochs. */
    private long quarantine(Before now, Report report, Consumer<Difference> found) {
        Map<String, QuarantineDecision> decisions =
                QuarantineDecision.all(now.snapshot().jdbc());
        SequencedSet<QuarantineName> names = QuarantinedEpoch.names(redis);
        for (QuarantineName name : names) {
            QuarantineDecision decision = decisions.get(name.earn());
            if (decision != null) {
                QuarantinedEpoch.read(name, redis)
                        .filter(epoch -> epoch.micros() != decision.micros())
                        .ifPresent(epoch -> found.accept(
                                Difference.of("decision", name.earn(), "it does not hold what was decided about")
                                        .with("decided", decision.micros())
                                        .with("holds", epoch.micros())));
            }
        }
        long undecided = 0;
        for (QuarantineName name : names) {
            Optional<QuarantinedEpoch> epoch = QuarantinedEpoch.read(name, redis);
            Optional<QuarantineDecision> decision = Optional.ofNullable(decisions.get(name.earn()));
            if (epoch.isPresent()) {
                undecided += decision.isEmpty() ? 1 : 0;
                report.quarantined(epoch.get(), epoch.get().whyNotAdopted(now.proof(), decisions.values()), decision);
            }
        }
        return undecided;
    }

    private static final class Count {
        private long value;
    }
}
