package dev.millrace.ingest.receive;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Ticker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PublisherRatesTest {
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000_000);
    private final Ticker ticker = new Ticker() {
        @Override
        public long read() {
            return nanos.get();
        }
    };

    private static long permitted(PublisherRates rates, String publisher, @Nullable Integer own, int events) {
        return IntStream.range(0, events)
                .filter(_ -> rates.permits(publisher, own))
                .count();
    }

    private void pass(long millis) {
        nanos.addAndGet(Duration.ofMillis(millis).toNanos());
    }

    @Test
    void aPublisherMaySendTheEventsOfASecondAtOnceAndThenItsRate() {
        PublisherRates rates = new PublisherRates(0, 10, ticker);
        assertThat(permitted(rates, "busy", 100, 1_000)).isEqualTo(100);
        pass(250);
        assertThat(permitted(rates, "busy", 100, 1_000)).isEqualTo(25);
        pass(60_000);
        assertThat(permitted(rates, "busy", 100, 1_000)).isEqualTo(100);
        assertThat(permitted(rates, "other", 100, 1_000)).isEqualTo(100);
    }

    @Test
    void theCataloguesLimitGoesBeforeTheNodesAndHoldsAtOnce() {
        PublisherRates rates = new PublisherRates(10, 10, ticker);
        assertThat(permitted(rates, "usual", null, 1_000)).isEqualTo(10);
        assertThat(permitted(rates, "own", 20, 1_000)).isEqualTo(20);
        assertThat(permitted(rates, "stopped", 0, 1_000)).isZero();
        pass(500);
        assertThat(permitted(rates, "own", 200, 1_000)).isEqualTo(100);
    }

    @Test
    void withoutALimitEverythingPasses() {
        PublisherRates rates = new PublisherRates(0, 10, ticker);
        assertThat(permitted(rates, "busy", null, 10_000)).isEqualTo(10_000);
    }
}
