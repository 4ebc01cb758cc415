package dev.millrace.ledger.creator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.LocalDate;
import org.junit.jupiter.api.Test;

class DateRangeTest {
    private static final LocalDate TODAY = LocalDate.parse("2026-11-24");

    @Test
    void withoutDatesItIsTheLastThirtyDaysWithToday() {
        assertThat(DateRange.of(null, null, TODAY)).isEqualTo(range("2026-10-26", "2026-11-24"));
        assertThat(DateRange.of(null, "2026-03-01", TODAY)).isEqualTo(range("2026-01-31", "2026-03-01"));
        assertThat(DateRange.of("2026-11-20", null, TODAY)).isEqualTo(range("2026-11-20", "2026-11-24"));
    }

    @Test
    void aYearIsTheMost() {
        assertThat(DateRange.of("2024-01-01", "2024-12-31", TODAY)).isEqualTo(range("2024-01-01", "2024-12-31"));
        refused("2024-01-01", "2025-01-01", "367 days; at most 366");
    }

    @Test
    void whatIsNoRangeIsNamed() {
        refused("2026-02-30", null, "from '2026-02-30' is not a date");
        refused(null, "24.11.2026", "to '24.11.2026' is not a date");
        refused("+20000-01-01", null, "is not a date");
        refused("1969-12-31", null, "is not a date");
        refused("2026-11-24", "2026-11-23", "from '2026-11-24' is after to '2026-11-23'");
    }

    private static void refused(
            @org.jspecify.annotations.Nullable String from, @org.jspecify.annotations.Nullable String to, String why) {
        assertThatThrownBy(() -> DateRange.of(from, to, TODAY))
                .hasMessageStartingWith("range-invalid")
                .hasMessageContaining(why);
    }

    private static DateRange range(String from, String to) {
        return new DateRange(LocalDate.parse(from), LocalDate.parse(to));
    }
}
