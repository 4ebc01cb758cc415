package dev.millrace.ledger.verdict;

import dev.millrace.ledger.creator.Years;
import dev.millrace.service.problem.Problem;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Hours, UTC.
 *
 * @param from begins the first hour
 * @param to ends the last one
 */
record HourRange(Instant from, Instant to) {
    /** Hours of a range whose beginning is not named, the last one included. */
    static final int STANDARD_HOURS = 24;

    /** Most days of a range. */
    static final int MOST_DAYS = 31;

    HourRange {
        if (!from.isBefore(to)) {
            throw Problem.RANGE_INVALID.because(
                    "from '%s' is not before to '%s', which ends the range", from.toString(), to.toString());
        }
        if (from.plus(MOST_DAYS, ChronoUnit.DAYS).isBefore(to)) {
            throw Problem.RANGE_INVALID.because(
                    "from '%s' to '%s' are more than %d days", from.toString(), to.toString(), MOST_DAYS);
        }
    }

    /** The range asked for: of days, both inclusive, or of moments, whose hours are taken whole. By default it has 24 hours and ends with this one. */
    static HourRange of(@Nullable String from, @Nullable String to, Instant now) {
        Instant end =
                to == null ? end(now) : isDay(to) ? start("to", to).plus(1, ChronoUnit.DAYS) : end(start("to", to));
        return new HourRange(
                from == null
                        ? end.minus(STANDARD_HOURS, ChronoUnit.HOURS)
                        : start("from", from).truncatedTo(ChronoUnit.HOURS),
                end);
    }

    /** The end of the hour that this moment is in, or the moment where an hour begins then: it is not in the range. */
    private static Instant end(Instant moment) {
        Instant hour = moment.truncatedTo(ChronoUnit.HOURS);
        return hour.equals(moment) ? hour : hour.plus(1, ChronoUnit.HOURS);
    }

    private static boolean isDay(String value) {
        return !value.contains("T");
    }

    private static Instant start(String name, String value) {
        try {
            Instant start = isDay(value)
                    ? LocalDate.parse(value).atStartOfDay(ZoneOffset.UTC).toInstant()
                    : Instant.parse(value);
            if (Years.hold(start)) {
                return start;
            }
        } catch (DateTimeException e) {
            // refused below
        }
        throw Problem.RANGE_INVALID.because(
                "%s '%s' is neither a day such as 2026-10-31 nor a moment such as 2026-10-31T14:00:00Z", name, value);
    }

    /** The first hour, since 1970. */
    long first() {
        return hour(from);
    }

    /** The first hour that is not in it. */
    long end() {
        return hour(to);
    }

    private static long hour(Instant moment) {
        return Math.floorDiv(
                moment.getEpochSecond(), ChronoUnit.HOURS.getDuration().toSeconds());
    }
}
