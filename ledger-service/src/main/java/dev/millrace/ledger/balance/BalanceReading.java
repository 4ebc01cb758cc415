package dev.millrace.ledger.balance;

import dev.millrace.common.money.Micros;
import java.time.Instant;

/** What came of reading a balance. */
public sealed interface BalanceReading {
    /**
     * The balance.
     *
     * @param settled booked in the ledger
     * @param pending counted and not yet booked
     * @param asOf everything counted before this moment is in it
     * @param settledThrough everything that was counted for this creator before this moment is settled
     */
    record Live(Micros settled, Micros pending, Instant asOf, Instant settledThrough) implements BalanceReading {
        Micros total() {
            return settled.plus(pending);
        }
    }

    /** The creator has neither an account nor anything pending; the moments are those of {@link Live}. */
    record Unknown(Instant asOf, Instant settledThrough) implements BalanceReading {
        /** What the creator sees. */
        Live asZeros() {
            return new Live(Micros.ZERO, Micros.ZERO, asOf, settledThrough);
        }
    }

    /**
     * It can't be known now.
     *
     * @param reason for the caller to read
     */
    record Unavailable(String reason) implements BalanceReading {}
}
