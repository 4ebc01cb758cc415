package dev.millrace.ledger;

import dev.millrace.local.testing.Fuzzing;
import org.junit.jupiter.api.Test;

/** No parameter, cursor or bearer token crashes the ledger or means something other than what was written. */
class FuzzTest {
    @Test
    void whateverACallerGivesIsRefusedOrMeansWhatItSays() {
        Fuzzing.run(RequestFuzz.class, 40_000);
    }
}
