package dev.millrace.books;

import java.time.LocalDate;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The months' partitions of the ledger's tables; each call is a transaction of its own. */
public final class Months {
    private static final int AHEAD = 3;

    private final JdbcClient jdbc;

    public Months(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** Makes this month and the next ones where they are missing. */
    public void ensure() {
        jdbc.sql("SELECT ensure_months((clock_timestamp() AT TIME ZONE 'UTC')::date, :months)")
                .param("months", AHEAD)
                .query((row, number) -> true)
                .list();
    }

    /** Makes the month of this day where it is missing. */
    public void ensure(LocalDate day) {
        jdbc.sql("SELECT ensure_months(:day, 1)")
                .param("day", day)
                .query((row, number) -> true)
                .list();
    }
}
