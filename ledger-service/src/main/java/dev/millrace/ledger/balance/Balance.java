package dev.millrace.ledger.balance;

import dev.millrace.ledger.creator.Amount;
import dev.millrace.ledger.creator.Creator;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;

/**
 * A balance, as answers and events show it.
 *
 * @param total settled + pending
 * @param asOf everything counted before this moment is in it
 * @param settledThrough everything that was counted for this creator before this moment is settled
 */
record Balance(
        String creator,
        @Schema(example = "USD") String currency,
        Amount settled,
        Amount pending,
        Amount total,
        Instant asOf,
        Instant settledThrough) {

    static Balance of(Creator creator, String currency, BalanceReading.Live live) {
        return new Balance(
                creator.id(),
                currency,
                Amount.of(live.settled()),
                Amount.of(live.pending()),
                Amount.of(live.total()),
                live.asOf(),
                live.settledThrough());
    }
}
