package dev.millrace.ledger.creator;

import java.time.Instant;
import java.time.LocalDate;

/** The years that a request's days and times may be in, 0001 to 9999: those that every program writes with four digits. */
public final class Years {
    private static final int FIRST = 1;
    private static final int LAST = 9999;
    private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");

    /** The last whole second, since Postgres rounds to microseconds. */
    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

    private Years() {}

    public static boolean hold(int year) {
        return year >= FIRST && year <= LAST;
    }

    public static boolean hold(LocalDate day) {
        return hold(day.getYear());
    }

    public static boolean hold(Instant moment) {
        return !moment.isBefore(EARLIEST) && !moment.isAfter(LATEST);
    }
}
