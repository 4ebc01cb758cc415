package dev.millrace.settlement.settle;

import dev.millrace.local.testing.Fuzzing;
import org.junit.jupiter.api.Test;

/** Nothing that stands in Redis is taken for something else. */
class FuzzTest {
    @Test
    void whatStandsInRedisIsReadAsWhatItIsOrRefused() {
        Fuzzing.run(FieldFuzz.class, 100_000);
    }
}
