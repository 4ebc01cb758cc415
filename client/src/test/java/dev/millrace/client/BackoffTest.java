package dev.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackoffTest {
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-30T12:00:00Z"), ZoneOffset.UTC);

    private final Backoff backoff = new Backoff(Duration.ofMillis(250), Duration.ofSeconds(30), new Random(1), CLOCK);

    @ParameterizedTest
    @CsvSource({"1, 250", "2, 500", "3, 1000", "7, 16000", "8, 30000", "40, 30000", "2000000000, 30000"})
    void thePauseIsBetweenHalfAndAllOfWhatDoublesUpToTheLongest(int attempt, long millis) {
        List<Duration> pauses = IntStream.range(0, 1_000)
                .mapToObj(_ -> backoff.pause(attempt, Optional.empty()))
                .toList();
        assertThat(pauses)
                .allSatisfy(pause ->
                        assertThat(pause).isBetween(Duration.ofMillis(millis).dividedBy(2), Duration.ofMillis(millis)));
        assertThat(Set.copyOf(pauses)).hasSizeGreaterThan(900);
    }

    @ParameterizedTest
    @CsvSource({
        "5, 5000, 5063",
        "' 5 ', 5000, 5063",
        "0, 125, 250",
        "999999999, 30000, 30000",
        "9999999999, 125, 250",
        "-5, 125, 250",
        "soon, 125, 250",
        "'Mon, 30 Nov 2026 12:00:07 GMT', 7000, 7063",
        "'Mon, 30 Nov 2026 11:00:00 GMT', 125, 250",
        "'Fri, 31 Dec 9999 23:59:59 GMT', 30000, 30000",
    })
    void theEdgesTimeIsTheLeastPause(String retryAfter, long least, long most) {
        assertThat(backoff.pause(1, Optional.of(retryAfter)))
                .isBetween(Duration.ofMillis(least), Duration.ofMillis(most));
    }
}
