package dev.millrace.settlement.settle;

import dev.millrace.counters.EngagementName;
import dev.millrace.counters.MalformedCountersException;
import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.crash.CrashPoints;
import dev.millrace.settlement.read.EpochContents;
import dev.millrace.settlement.read.Proof;
import java.time.LocalDate;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Books counted epochs as one journal, in the caller's transaction; at most once a transaction. */
public final class Booking {
    private final DataSource dataSource;
    private final JdbcClient jdbc;
    private final Proof proof;
    private final CrashPoints crashPoints;

    /**
     * @param dataSource of the caller's transaction
     * @param jdbc on that data source
     */
    public Booking(DataSource dataSource, JdbcClient jdbc, CrashPoints crashPoints) {
        this.dataSource = dataSource;
        this.jdbc = jdbc;
        this.proof = new Proof(jdbc);
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
     * Proves that the batch adds up, leaves out and halts what does not, and books the rest.
     *
     * @param staging what the batch holds
     */
    Booked settle(Batch batch, Staging staging) {
        if (batch.isEmpty()) {
            return new Booked(null, 0);
        }
        staging.finish();
        crashPoints.reached(CrashPoint.STAGED);
        staging.drop(batch.leaveOut(proof.culprits(batch.epochs())));
        return batch.isEmpty()
                ? new Booked(null, 0)
                : book(new Entry(Entry.Kind.SETTLEMENT, batch.events(), null), batch.days());
    }

    /**
     * Pays what was set aside: creators, publishers, engagement and scores as a settlement would have.
     *
     * @param contents add up
     * @param day UTC, that its engagement counts for
     * @param reason 1 to 500 characters, none of them a control character
     * @throws MonthMissingException when a month has to be made first
     */
    public Booked adopt(EpochContents contents, LocalDate day, String reason) {
        Staging staging = new Staging(dataSource, Chunks.USUAL);
        staging.begin();
        contents.earned().forEach(staging::earned);
        staging.beginUnits(day);
        try {
            for (Map.Entry<EngagementName, Long> one : contents.engaged().entrySet()) {
                staging.engaged(one.getKey(), one.getValue());
            }
        } catch (MalformedCountersException e) {
            throw new IllegalStateException("each name comes once", e);
        }
        staging.keep();
        staging.finish();
        return book(new Entry(Entry.Kind.ADOPTION, contents.control().events(), reason), Set.of(day));
    }

    /**
     * Records that this will not be paid: 'adjustment' against 'discarded', and nobody's balance but theirs.
     *
     * @param micros by publisher, each more than 0
     */
    public Booked discard(Map<String, Long> micros, long events, String reason) {
        jdbc.sql("CREATE TEMP TABLE put_by (publisher text COLLATE \"C\", micros bigint) ON COMMIT DROP")
                .update();
        jdbc.sql("INSERT INTO put_by SELECT * FROM unnest(:publishers, :micros)")
                .param("publishers", micros.keySet().toArray(String[]::new))
                .param("micros", micros.values().toArray(Long[]::new))
                .update();
        return book(new Entry(Entry.Kind.DISCARD, events, reason), Set.of());
    }

    private Booked book(Entry entry, Set<LocalDate> days) {
        JournalWriter journal = new JournalWriter(jdbc);
        Long journalId = journal.book(entry, days).orElse(null);
        crashPoints.reached(CrashPoint.BOOKED);
        if (entry.kind() != Entry.Kind.DISCARD) {
            journal.archive();
            crashPoints.reached(CrashPoint.ARCHIVED);
        }
        return new Booked(journalId, journal.rows());
    }
}
