package dev.millrace.settlement.reconcile;

import dev.millrace.books.Cursors;
import dev.millrace.books.PartitionCursor;
import dev.millrace.books.Proof;
import dev.millrace.books.QuarantineDecision;
import dev.millrace.counters.RedisConnections;
import dev.millrace.settlement.reconcile.ReconcileReport.Difference;
import dev.millrace.settlement.watch.CounterBalanceCheck;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The whole comparison. It can run during a settlement: the ledger is read as of
 * one moment, and the counters against the cursors of that moment. Where a cursor moved while the counters were read, both
 * are read again.
 */
final class Reconciliation {
    private static final int MOST_ATTEMPTS = 20;

    private final RedisConnections redis;
    private final DataSource ledger;

    /** @param ledger connections of a login that may read it */
    Reconciliation(RedisConnections redis, DataSource ledger) {
        this.redis = redis;
        this.ledger = ledger;
    }

    /** Partitions kept being settled while they were read. */
    static final class NeverStillException extends Exception {
        private static final long serialVersionUID = 1L;

        NeverStillException() {
            super(
                    "settlements follow each other so fast that the counters can't be read between two of them; try again");
        }
    }

    /**
     * Tells the report everything; whether all is well.
     *
     * @param since hash of the first journal whose rows are hashed again, in hex; empty: all
     */
    boolean compare(ReconcileReport report, String since) throws NeverStillException {
        report.step("counters");
        for (int attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
            try (Snapshot snapshot = Snapshot.open(ledger)) {
                List<PartitionCursor> cursors = snapshot.cursors().all();
                Proof proof = new Proof(snapshot.jdbc());
                CounterCheck counters = new CounterCheck(redis, proof, report);
                if (counters.look(cursors)
                        && CounterBalanceCheck.stoodStill(cursors, new Cursors(JdbcClient.create(ledger)).all())) {
                    counters.tell();
                    return compare(snapshot, cursors, proof, counters, report, since);
                }
            }
        }
        throw new NeverStillException();
    }

    private boolean compare(
            Snapshot snapshot,
            List<PartitionCursor> cursors,
            Proof proof,
            CounterCheck counters,
            ReconcileReport report,
            String since) {
        LedgerChecks checks = new LedgerChecks(snapshot, report);
        checks.accounts(creator -> creator.with("pending", counters.pending(creator.subject(), cursors)));
        report.step("the chain");
        long journals = new HashCheck(snapshot, report).run(since);
        checks.chain();
        report.step("quarantined epochs");
        quarantine(QuarantineDecision.all(snapshot.jdbc()), proof, report);
        return report.end(journals);
    }

    /** Differences come before the quarantined epochs. */
    private void quarantine(Map<String, QuarantineDecision> decisions, Proof proof, ReconcileReport report) {
        SequencedSet<QuarantinedEpoch.Name> names = QuarantinedEpoch.names(redis);
        for (QuarantinedEpoch.Name name : names) {
            QuarantineDecision decision = decisions.get(name.earn());
            if (decision != null) {
                QuarantinedEpoch.read(name, redis)
                        .filter(epoch -> epoch.micros() != decision.micros())
                        .ifPresent(epoch -> report.difference(
                                Difference.of("decision", name.earn(), "it does not hold what was decided about")
                                        .with("decided", decision.micros())
                                        .with("holds", epoch.micros())));
            }
        }
        names.forEach(name -> QuarantinedEpoch.read(name, redis)
                .ifPresent(epoch -> report.quarantined(
                        epoch, epoch.whyNotAdopted(proof, decisions.values()), decisions.get(name.earn()))));
    }
}
