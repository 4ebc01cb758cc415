package dev.millrace.ledger.balance;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.millrace.books.Balances.Settled;
import dev.millrace.common.money.Micros;
import dev.millrace.ledger.creator.Amount;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;

/**
 * A balance, as it was read, and as answers and events show it.
 *
 * @param known whether the creator has an account or anything pending; if not, all sums are zero
 * @param settled booked in the ledger
 * @param pending counted and not yet booked
 * @param total settled + pending
 * @param available what may be paid out: settled, old enough, neither held nor on its way
 * @param held what would be available, were the creator not held
 * @param underWay what is being paid out; settled until it is paid
 * @param asOf everything counted before this moment is in it
 * @param settledThrough everything that was counted for this creator before this moment is settled
 */
record Balance(
        @JsonIgnore boolean known,
        String creator,
        @Schema(example = "USD") String currency,
        Amount settled,
        Amount pending,
        Amount total,
        Amount available,
        Amount held,
        Amount underWay,
        Instant asOf,
        Instant settledThrough) {

    static Balance of(boolean known, String creator, String currency, Settled settled, Micros pending, Instant asOf) {
        return new Balance(
                known,
                creator,
                currency,
                Amount.of(settled.balance()),
                Amount.of(pending),
                Amount.of(settled.balance().plus(pending)),
                Amount.of(settled.available()),
                Amount.of(settled.held()),
                Amount.of(settled.underWay()),
                asOf,
                settled.cursor().sealedAt());
    }

    /** Whether anything but the moment of the reading differs. */
    boolean differsFrom(Balance other) {
        return !settled.equals(other.settled)
                || !pending.equals(other.pending)
                || !available.equals(other.available)
                || !held.equals(other.held)
                || !underWay.equals(other.underWay)
                || !settledThrough.equals(other.settledThrough);
    }
}
