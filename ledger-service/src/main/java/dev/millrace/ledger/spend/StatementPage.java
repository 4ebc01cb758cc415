package dev.millrace.ledger.spend;

import dev.millrace.books.Filtered;
import dev.millrace.books.PublisherStatement;
import dev.millrace.books.PublisherStatement.Line;
import dev.millrace.books.PublisherStatement.Sums;
import dev.millrace.common.money.Micros;
import dev.millrace.ledger.creator.Paging;
import dev.millrace.ledger.csv.Csv;
import dev.millrace.service.problem.Problem;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A page of a publisher's month.
 *
 * @param sums of the whole month
 * @param isFirst whether the month begins with it
 * @param next cursor of the next page; null: there are no more
 */
record StatementPage(
        YearMonth month,
        Sums sums,
        List<Line> lines,
        boolean isFirst,
        @Nullable String next) {
    /** Of the table. A new one comes behind the others, so that a spreadsheet finds each where it was. */
    static final String[] COLUMNS = {
        "day",
        "kind",
        "creator",
        "units",
        "micros",
        "amount",
        "correction",
        "reason",
        "reference",
        "balance",
        "filteredUnits",
        "filteredMicros"
    };

    /** Longer than Redis' clock may be ahead, and than a transaction lasts. After that nothing more can be booked for a month that is over. */
    private static final Duration MARGIN = Duration.ofMinutes(10);

    private static final Pattern MONTH = Pattern.compile("(19[7-9]|[2-9][0-9]{2})[0-9]-(0[1-9]|1[0-2])");
    private static final Pattern CURSOR =
            Pattern.compile("([0-9]{4}-[0-9]{2}-[0-9]{2})\n" + Paging.NUMBER + "\n([A-Za-z0-9._:-]{1,69})");

    /** Whether the month is over and settled. */
    boolean isFinal() {
        Instant end = month.plusMonths(1).atDay(1).atStartOfDay().toInstant(ZoneOffset.UTC);
        return !sums.settledThrough().isBefore(end.plus(MARGIN));
    }

    /** @throws dev.millrace.service.problem.ProblemException when it is none */
    static YearMonth month(String text) {
        if (!MONTH.matcher(text).matches()) {
            throw Problem.RANGE_INVALID.because("'%s' is not a month of the form YYYY-MM from 1970-01 on", text);
        }
        return YearMonth.parse(text);
    }

    static String cursor(PublisherStatement.Key last) {
        return Paging.cursor(last.day(), last.correction(), last.creator());
    }

    /** @throws dev.millrace.service.problem.ProblemException when the cursor is malformed, or another month's */
    static PublisherStatement.Key key(YearMonth month, String cursor) {
        return Paging.fields(cursor, CURSOR)
                .flatMap(StatementPage::key)
                .filter(key -> YearMonth.from(key.day()).equals(month))
                .orElseThrow(() -> Problem.CURSOR_INVALID.because(
                        "the cursor is not one that an earlier page of %s gave as 'next'; leave it out to begin with the first line",
                        month));
    }

    private static Optional<PublisherStatement.Key> key(MatchResult fields) {
        try {
            return Optional.of(new PublisherStatement.Key(
                    LocalDate.parse(fields.group(1)), Long.parseLong(fields.group(2)), fields.group(3)));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** Writes it as a table, with the opening balance on the first page and the closing one on the last. */
    void write(Csv csv) throws IOException {
        if (isFirst) {
            balance(csv, month.atDay(1), "opening", sums.opening());
        }
        for (Line line : lines) {
            row(csv, line);
        }
        if (next == null) {
            balance(csv, month.atEndOfMonth(), isFinal() ? "closing" : "provisional", sums.closing());
        }
    }

    private static void balance(Csv csv, LocalDate day, String kind, Micros balance) throws IOException {
        csv.row(day, kind, null, null, null, null, null, null, null, balance, null, null);
    }

    private static void row(Csv csv, Line line) throws IOException {
        PublisherStatement.Correction correction = line.correction();
        csv.row(
                line.key().day(),
                correction == null ? "paid" : "correction",
                line.key().creator(),
                line.units(),
                line.micros().value(),
                line.micros(),
                correction == null ? null : line.key().correction(),
                correction == null ? null : correction.reason(),
                correction == null ? null : correction.reference(),
                line.balance(),
                correction == null ? sum(line, Filtered::units) : null,
                correction == null ? sum(line, Filtered::micros) : null);
    }

    private static long sum(Line line, ToLongFunction<Filtered> what) {
        return line.filtered().stream().mapToLong(what).sum();
    }
}
