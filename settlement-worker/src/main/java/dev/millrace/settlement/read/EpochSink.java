package dev.millrace.settlement.read;

import dev.millrace.common.counters.EarnField;
import dev.millrace.common.counters.EngageField;
import dev.millrace.common.money.Micros;
import java.time.LocalDate;

/** Takes an epoch field by field while it is read: before it is known whether it adds up. A field may come twice. */
public interface EpochSink {
    /**
     * @param micros more than 0
     */
    void earned(EarnField field, Micros micros);

    /**
     * @param day UTC, of the seal
     * @param units 0 or more
     * @param price of these units
     */
    void engaged(LocalDate day, EngageField field, long units, Micros price);
}
