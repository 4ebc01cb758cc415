package dev.millrace.books;

import java.time.LocalDate;

/** The tables have no partition for a month; it is made in a transaction of its own, and the run is done again. */
public final class MonthMissingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final LocalDate month;

    MonthMissingException(LocalDate month) {
        super("the ledger has no partition for the month of " + month);
        this.month = month;
    }

    /** A day of it. */
    public LocalDate month() {
        return month;
    }
}
