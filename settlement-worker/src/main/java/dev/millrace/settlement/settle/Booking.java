package dev.millrace.settlement.settle;

import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.crash.CrashPoints;
import dev.millrace.settlement.read.BrokenPartition;
import dev.millrace.settlement.read.Rates;
import dev.millrace.settlement.read.SealedEpoch;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Books counted epochs as one journal, in the caller's transaction; at most once a transaction. */
public final class Booking {
    private final DataSource dataSource;
    private final JdbcClient jdbc;
    private final CrashPoints crashPoints;

    /**
     * @param dataSource of the caller's transaction
     * @param jdbc on that data source
     */
    public Booking(DataSource dataSource, JdbcClient jdbc, CrashPoints crashPoints) {
        this.dataSource = dataSource;
        this.jdbc = jdbc;
        this.crashPoints = crashPoints;
    }

    /**
     * What was booked.
     *
     * @param journalId the journal, or null when there was no money in it
     * @param rows rows written
     */
    public record Booked(@Nullable Long journalId, long rows) {}

    /**
     * @param staging what the batch holds
     */
    Booked settle(Batch batch, Staging staging) {
        return batch.isEngaged()
                ? book(batch, staging, new Entry(Entry.Kind.SETTLEMENT, batch.events(), null))
                : new Booked(null, 0);
    }

    /**
     * Pays what was set aside: creators, publishers, engagement and scores as a settlement would have.
     *
     * @param reason 1 to 500 characters, none of them a control character
     * @throws MonthMissing when a month has to be made first
     */
    public Booked adopt(SealedEpoch epoch, Rates.Known rates, String reason) {
        return book(epoch, rates, new Entry(Entry.Kind.ADOPTION, epoch.events(), reason));
    }

    /** Records that this will not be paid: 'adjustment' against 'discarded', and nobody's balance but theirs. */
    public Booked discard(SealedEpoch epoch, Rates.Known rates, String reason) {
        return book(epoch, rates, new Entry(Entry.Kind.DISCARD, epoch.events(), reason));
    }

    private Booked book(SealedEpoch epoch, Rates.Known rates, Entry entry) {
        Batch batch = new Batch(Chunks.USUAL.most());
        batch.add(epoch.totals());
        Staging staging = new Staging(dataSource, Chunks.USUAL.copied());
        try {
            staging.take(epoch, rates);
        } catch (BrokenPartition e) {
            throw new IllegalStateException("the batch can't be copied into the database: " + e.getMessage(), e);
        }
        return book(batch, staging, entry);
    }

    private Booked book(Batch batch, Staging staging, Entry entry) {
        JournalWriter journal = new JournalWriter(jdbc);
        staging.finish();
        crashPoints.reached(CrashPoint.STAGED);
        Long journalId = journal.book(entry, batch.days()).orElse(null);
        crashPoints.reached(CrashPoint.BOOKED);
        if (entry.kind() != Entry.Kind.DISCARD) {
            journal.archive();
            crashPoints.reached(CrashPoint.ARCHIVED);
        }
        return new Booked(journalId, journal.rows());
    }
}
