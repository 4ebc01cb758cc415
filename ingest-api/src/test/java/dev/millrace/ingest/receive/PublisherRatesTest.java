package dev.millrace.ingest.receive;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PublisherRatesTest {
    @Test
    void aPublisherAboveItsRateWaitsAndOthersDoNot() {
        PublisherRates rates = new PublisherRates(1, 10);
        assertThat(rates.permits("busy", 1_000)).isTrue();
        assertThat(rates.permits("busy", 1)).isFalse();
        assertThat(rates.permits("other", 1)).isTrue();
    }

    @Test
    void withoutALimitEverythingPasses() {
        PublisherRates rates = new PublisherRates(0, 10);
        for (int i = 0; i < 1_000; i++) {
            assertThat(rates.permits("busy", 1_000)).isTrue();
        }
    }
}
