package dev.millrace.ledger.verdict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.service.problem.ProblemException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HourRangeTest {
    private static final Instant NOW = Instant.parse("2026-11-30T18:51:02Z");

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "-, -, 2026-11-29T19:00:00Z, 2026-11-30T19:00:00Z",
                "2026-11-30, -, 2026-11-30T00:00:00Z, 2026-11-30T19:00:00Z",
                "-, 2026-11-28, 2026-11-28T00:00:00Z, 2026-11-29T00:00:00Z",
                "2026-11-01, 2026-11-30, 2026-11-01T00:00:00Z, 2026-12-01T00:00:00Z",
                "2026-10-31, 2026-11-30, 2026-10-31T00:00:00Z, 2026-12-01T00:00:00Z",
                "2026-11-30T15:20:00Z, 2026-11-30T16:00:00Z, 2026-11-30T15:00:00Z, 2026-11-30T16:00:00Z",
                "2026-11-30T15:20:00Z, 2026-11-30T16:00:01Z, 2026-11-30T15:00:00Z, 2026-11-30T17:00:00Z",
                "2026-11-30T15:00:00+01:00, 2026-11-30, 2026-11-30T14:00:00Z, 2026-12-01T00:00:00Z",
                "0001-01-01, 0001-01-31, 0001-01-01T00:00:00Z, 0001-02-01T00:00:00Z"
            })
    void hoursAreWhole(@Nullable String from, @Nullable String to, Instant first, Instant end) {
        HourRange range = HourRange.of(from, to, NOW);
        assertThat(range).isEqualTo(new HourRange(first, end));
        assertThat(range.first() * 3_600).isEqualTo(first.getEpochSecond());
        assertThat(range.end() * 3_600).isEqualTo(end.getEpochSecond());
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "2026-10-30, 2026-11-30",
                "2026-10-30, -",
                "2026-11-30T18:00:00Z, 2026-11-30T18:00:00Z",
                "2026-12-01, -",
                "2026-11-30, 2026-11-29",
                "yesterday, -",
                "'', -",
                "-, 2026-02-30",
                "2026-11-30t10:00:00z, -",
                "2026-11-30T10:00, -",
                "+1000000000-12-31T23:59:59Z, -",
                "-1000000000-01-01T00:00:00Z, -",
                "-, +999999999-12-31",
                "0000-12-31, 0001-01-01"
            })
    void whatIsNoRangeOrTooLongIsRefused(@Nullable String from, @Nullable String to) {
        assertThatThrownBy(() -> HourRange.of(from, to, NOW))
                .isInstanceOf(ProblemException.class)
                .hasMessageStartingWith("range-invalid: ");
    }
}
