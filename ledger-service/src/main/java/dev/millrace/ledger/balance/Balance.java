package dev.millrace.ledger.balance;

import com.fasterxml.jackson.annotation.JsonIgnore;
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
        Instant asOf,
        Instant settledThrough) {

    static Balance of(
            boolean known,
            String creator,
            String currency,
            Micros settled,
            Micros pending,
            Instant asOf,
            Instant settledThrough) {
        return new Balance(
                known,
                creator,
                currency,
                Amount.of(settled),
                Amount.of(pending),
                Amount.of(settled.plus(pending)),
                asOf,
                settledThrough);
    }

    /** Whether anything but the moment of the reading differs. */
    boolean differsFrom(Balance other) {
        return !settled.equals(other.settled)
                || !pending.equals(other.pending)
                || !settledThrough.equals(other.settledThrough);
    }
}
