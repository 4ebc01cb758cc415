package dev.millrace.settlement.read;

import dev.millrace.common.counters.EarnField;
import dev.millrace.common.counters.EngageField;
import dev.millrace.common.money.Micros;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Map;

/**
 * What a sealed epoch of one partition holds; it adds up.
 *
 * @param epoch number of the epoch
 * @param sealedAt by Redis' clock
 * @param micros Σ of what was earned
 * @param events number of events counted
 * @param earned what each publisher owes each creator, never 0
 * @param engaged units by article and type
 */
public record SealedEpoch(
        int partition,
        long epoch,
        Instant sealedAt,
        Micros micros,
        long events,
        Map<EarnField, Micros> earned,
        Map<EngageField, Long> engaged) {

    /** UTC, of the seal: the day that engagement counts for. */
    public LocalDate day() {
        return EpochTotals.dayOf(sealedAt);
    }

    /** The same without its fields. */
    public EpochTotals totals() {
        return new EpochTotals(partition, epoch, sealedAt, micros, events, earned.size(), engaged.size());
    }
}
