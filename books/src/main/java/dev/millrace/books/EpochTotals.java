package dev.millrace.books;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/**
 * The totals that a sealed epoch of one partition names.
 *
 * @param part its number in the staging tables
 * @param epoch number of the epoch
 * @param sealedAt by Redis' clock
 * @param micros Σ of the earnings
 * @param events number of events counted
 * @param rows rows it has in the staging tables
 */
public record EpochTotals(int part, int partition, long epoch, Instant sealedAt, long micros, long events, long rows) {

    /** UTC, of the seal: the day that engagement counts for. */
    public LocalDate day() {
        return dayOf(sealedAt);
    }

    /** The day, UTC, that engagement of an epoch counts for which was sealed then. */
    public static LocalDate dayOf(Instant sealedAt) {
        return sealedAt.atOffset(ZoneOffset.UTC).toLocalDate();
    }

    /** Whether there is nothing to prove and nothing to book. */
    public boolean isEmpty() {
        return rows == 0 && micros == 0;
    }
}
