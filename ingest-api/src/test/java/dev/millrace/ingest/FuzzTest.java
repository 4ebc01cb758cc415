package dev.millrace.ingest;

import dev.millrace.ingest.receive.BodyFuzz;
import dev.millrace.ingest.verify.TokenFuzz;
import dev.millrace.local.testing.Fuzzing;
import org.junit.jupiter.api.Test;

/** No input crashes the edge, hangs it, fills its memory or reaches Redis half-validated. */
class FuzzTest {
    @Test
    void anyBodyGivesEventsOrARefusal() {
        Fuzzing.run(BodyFuzz.class, 40_000);
    }

    @Test
    void anyTokenAndAnySignedClaimsGetAVerdictAndOnlyGenuineOnesMayCount() {
        Fuzzing.run(TokenFuzz.class, 40_000);
    }
}
