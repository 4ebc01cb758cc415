package dev.millrace.ledger.creator;

import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/** Fuzzed: the two dates of a range. */
public final class RangeInput {
    private static final LocalDate TODAY = LocalDate.parse("2026-11-24");

    private RangeInput() {}

    public static void check(@Nullable String from, @Nullable String to) {
        DateRange range = DateRange.of(from, to, TODAY);
        boolean asGiven = (from == null || range.from().toString().equals(from))
                && (to == null || range.to().toString().equals(to));
        long days = range.to().toEpochDay() - range.from().toEpochDay() + 1;
        if (!asGiven || days < 1 || days > DateRange.MOST_DAYS) {
            throw new AssertionError("'%s' to '%s' is taken for %s".formatted(from, to, range));
        }
    }
}
