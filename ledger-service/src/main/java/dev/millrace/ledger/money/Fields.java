package dev.millrace.ledger.money;

import dev.millrace.ledger.act.Remark;
import dev.millrace.ledger.creator.Years;
import dev.millrace.service.problem.Problem;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/** Reads the fields of requests about money. A field that can't be used is refused with the problem that its reader names. */
final class Fields {
    private final Problem problem;

    Fields(Problem problem) {
        this.problem = problem;
    }

    /** Text that must be there, 1 to 500 characters, none of them a control character. */
    String text(String name, @Nullable String value) {
        if (value == null) {
            throw problem.because("%s is missing", name);
        }
        String fault = Remark.fault(value);
        if (fault != null) {
            throw problem.because(name + " " + fault);
        }
        return value;
    }

    /** The same where it may be missing. */
    @Nullable
    String optionalText(String name, @Nullable String value) {
        if (value != null && value.isBlank()) {
            throw problem.because("%s is empty; leave it out, or give it 1 to %d characters", name, Remark.LONGEST);
        }
        return value == null ? null : text(name, value);
    }

    /** A whole number from 1 on, so that 0.5 micros is refused and not rounded; null where it is missing. */
    @Nullable
    Long positive(String name, @Nullable BigDecimal value) {
        if (value == null) {
            return null;
        }
        try {
            long whole = value.longValueExact();
            if (whole >= 1) {
                return whole;
            }
        } catch (ArithmeticException e) {
            // refused below
        }
        throw problem.because("%s %s is not a whole number from 1 to %d", name, value.toString(), Long.MAX_VALUE);
    }

    /** Whether this is a day, and not a moment. */
    static boolean isDay(String value) {
        return !value.contains("T");
    }

    LocalDate day(String name, String value) {
        try {
            LocalDate day = LocalDate.parse(value);
            requireYear(name, value, Years.hold(day));
            return day;
        } catch (DateTimeException e) {
            throw problem.because(
                    "%s '%s' is neither a day such as 2026-10-31 nor a moment such as 2026-10-31T14:03:00Z",
                    name, value);
        }
    }

    Instant moment(String name, String value) {
        try {
            Instant moment = Instant.parse(value);
            requireYear(name, value, Years.hold(moment));
            return moment;
        } catch (DateTimeException e) {
            throw problem.because("%s '%s' is not a moment such as 2026-10-31T14:03:00Z", name, value);
        }
    }

    private void requireYear(String name, String value, boolean holds) {
        if (!holds) {
            throw problem.because("%s '%s' is not in the years 0001 to 9999", name, value);
        }
    }
}
