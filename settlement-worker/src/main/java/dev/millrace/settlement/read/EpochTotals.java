package dev.millrace.settlement.read;

import dev.millrace.common.money.Micros;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/**
 * What a sealed epoch of one partition comes to; it adds up.
 *
 * @param epoch number of the epoch
 * @param sealedAt by Redis' clock
 * @param micros Σ of what was earned
 * @param events number of events counted
 * @param earned how many earnings it has, none of them 0
 * @param engaged how many articles and types it has units of
 */
public record EpochTotals(
        int partition, long epoch, Instant sealedAt, Micros micros, long events, long earned, long engaged) {

    /** UTC, of the seal: the day that engagement counts for. */
    public LocalDate day() {
        return dayOf(sealedAt);
    }

    static LocalDate dayOf(Instant sealedAt) {
        return sealedAt.atOffset(ZoneOffset.UTC).toLocalDate();
    }

    /** What bounds the time of settling it. */
    public long fields() {
        return Math.addExact(earned, engaged);
    }
}
