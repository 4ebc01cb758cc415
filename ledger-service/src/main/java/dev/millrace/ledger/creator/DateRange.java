package dev.millrace.ledger.creator;

import dev.millrace.service.problem.Problem;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Days (UTC), both inclusive.
 *
 * @param from the first day
 * @param to the last day, at most 365 days later
 */
public record DateRange(LocalDate from, LocalDate to) {
    /** Days of a range whose beginning is not named, the last one included. */
    static final int STANDARD_DAYS = 30;

    /** Most days: a leap year. */
    static final int MOST_DAYS = 366;

    public DateRange {
        if (from.isAfter(to)) {
            throw Problem.RANGE_INVALID.because("from '%s' is after to '%s'", from, to);
        }
        long days = ChronoUnit.DAYS.between(from, to) + 1;
        if (days > MOST_DAYS) {
            throw Problem.RANGE_INVALID.because(
                    "from '%s' to '%s' is %d days; at most %d are answered", from, to, days, MOST_DAYS);
        }
    }

    /** The range asked for. By default it ends today and has {@value #STANDARD_DAYS} days. */
    public static DateRange of(@Nullable String from, @Nullable String to, LocalDate today) {
        LocalDate last = to == null ? today : date("to", to);
        return new DateRange(from == null ? last.minusDays(STANDARD_DAYS - 1) : date("from", from), last);
    }

    private static LocalDate date(String name, String text) {
        try {
            LocalDate date = LocalDate.parse(text);
            if (date.getYear() >= 1970 && date.getYear() <= 9999) {
                return date;
            }
        } catch (DateTimeParseException e) {
            // refused below
        }
        throw Problem.RANGE_INVALID.because(
                "%s '%s' is not a date of the form YYYY-MM-DD from 1970-01-01 on", name, text);
    }
}
