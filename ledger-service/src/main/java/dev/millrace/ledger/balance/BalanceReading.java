package dev.millrace.ledger.balance;

import dev.millrace.common.money.Micros;
import dev.millrace.service.problem.Problem;
import java.time.Instant;

/** What came of reading a balance. */
sealed interface BalanceReading {
    /**
     * The balance.
     *
     * @param known whether the creator has an account or anything pending; if not, both sums are zero
     * @param settled booked in the ledger
     * @param pending counted and not yet booked
     * @param asOf everything counted before this moment is in it
     * @param settledThrough everything that was counted for this creator before this moment is settled
     */
    record Live(boolean known, Micros settled, Micros pending, Instant asOf, Instant settledThrough)
            implements BalanceReading {
        Micros total() {
            return settled.plus(pending);
        }

        /** Whether anything but the moment of the reading differs. */
        boolean differsFrom(Live other) {
            return !settled.equals(other.settled)
                    || !pending.equals(other.pending)
                    || !settledThrough.equals(other.settledThrough);
        }
    }

    /**
     * It can't be known now.
     *
     * @param reason for the caller to read
     */
    record Unavailable(String reason) implements BalanceReading {}

    /**
     * The balance.
     *
     * @throws dev.millrace.service.problem.ProblemException when it can't be known now
     */
    default Live required() {
        return switch (this) {
            case Live live -> live;
            case Unavailable(String reason) -> throw Problem.COUNTERS_UNAVAILABLE.because(reason);
        };
    }
}
