package dev.millrace.ledger.money;

import dev.millrace.ledger.act.Remark;
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
        if (value == null || value.isBlank()) {
            throw problem.because("%s is missing", name);
        }
        if (!Remark.fits(value)) {
            throw problem.because("%s is not 1 to %d characters without a control character", name, Remark.LONGEST);
        }
        return value;
    }

    /** The same where it may be missing. */
    @Nullable
    String optionalText(String name, @Nullable String value) {
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
        throw problem.because("%s %s is not a whole number from 1 on", name, value.toString());
    }

    /** Whether this is a day, and not a moment. */
    static boolean isDay(String value) {
        return !value.contains("T");
    }

    LocalDate day(String name, String value) {
        try {
            return LocalDate.parse(value);
        } catch (DateTimeException e) {
            throw problem.because(
                    "%s '%s' is neither a day such as 2026-10-31 nor a moment such as 2026-10-31T14:03:00Z",
                    name, value);
        }
    }

    Instant moment(String name, String value) {
        try {
            return Instant.parse(value);
        } catch (DateTimeException e) {
            throw problem.because("%s '%s' is not a moment such as 2026-10-31T14:03:00Z", name, value);
        }
    }
}
