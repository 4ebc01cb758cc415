package dev.millrace.ledger.spend;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.millrace.books.PublisherStatement;
import dev.millrace.books.PublisherStatement.Line;
import dev.millrace.books.PublisherStatement.Sums;
import dev.millrace.common.money.Micros;
import dev.millrace.ledger.creator.Amount;
import dev.millrace.ledger.creator.LargeReads;
import dev.millrace.ledger.creator.Paging;
import dev.millrace.ledger.csv.Csv;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.ledger.settings.LedgerSettings;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /v1/publishers/{publisher}/statements/{month}}, as JSON and as CSV. */
@RestController
@Tag(name = "Publishers")
public final class PublisherStatementEndpoint {
    private static final String PATH = "/v1/publishers/{publisher}/statements/{month}";

    private static final int STANDARD_LIMIT = 1_000;
    private static final int MOST = 10_000;

    /** Lines of a file, some ten megabytes. */
    private static final int MOST_OF_A_FILE = 100_000;

    /** Longer than Redis' clock may be ahead, and than a transaction lasts. After that nothing more can be booked for a month that is over. */
    private static final Duration MARGIN = Duration.ofMinutes(10);

    private static final Pattern MONTH = Pattern.compile("(19[7-9]|[2-9][0-9]{2})[0-9]-(0[1-9]|1[0-2])");
    private static final Pattern CURSOR =
            Pattern.compile("([0-9]{4}-[0-9]{2}-[0-9]{2})\n" + Paging.NUMBER + "\n([A-Za-z0-9._:-]{1,69})");

    private final PublisherStatement statement;
    private final KnownPublishers publishers;
    private final LargeReads largeReads;
    private final String currency;

    PublisherStatementEndpoint(LargeReads largeReads, LedgerSettings settings) {
        this.statement = new PublisherStatement(largeReads.jdbc());
        this.publishers = new KnownPublishers(largeReads.jdbc());
        this.largeReads = largeReads;
        this.currency = settings.currency();
    }

    /** What a creator was paid for a day. */
    record PaidRow(
            LocalDate day,
            @Schema(example = "c-42") String creator,
            long units,
            @JsonUnwrapped Amount paid) {}

    /**
     * What a correction took back from a creator.
     *
     * @param id the correction's
     * @param units whole units taken back
     */
    record CorrectedRow(
            @Schema(example = "7") String id,
            Instant at,
            @Schema(example = "c-42") String creator,
            long units,
            @JsonUnwrapped Amount back,
            String reason,
            @Schema(nullable = true) @Nullable String reference) {}

    /**
     * A page of a month.
     *
     * @param isFinal whether the month is over and settled, so that nothing in it changes any more
     * @param settledThrough everything that was counted before this moment is settled
     * @param opening paid before the month, less what corrections gave back
     * @param spent paid in the month
     * @param corrected given back by corrections that were booked in the month
     * @param closing opening + spent - corrected
     * @param rows by day and creator
     * @param corrections by day, correction and creator
     * @param next the cursor of the next page of both; null: there are no more
     */
    record MonthlyStatement(
            @Schema(example = "demo") String publisher,
            @Schema(example = "2026-11") String month,
            @Schema(example = "USD") String currency,
            @JsonProperty("final") boolean isFinal,
            Instant settledThrough,
            Amount opening,
            Amount spent,
            Amount corrected,
            Amount closing,
            List<PaidRow> rows,
            List<CorrectedRow> corrections,
            @Schema(nullable = true) @Nullable String next) {}

    /** As it was read. */
    private record Page(
            YearMonth month,
            boolean isFinal,
            Sums sums,
            List<Line> lines,
            @Nullable String next) {}

    @Operation(
            summary = "The publisher's month (UTC): what it paid by day and creator, and what corrections gave back",
            description = "With `Accept: text/csv` the same as a table with a running balance, up to 100,000 lines.")
    @Problems({
        Problem.RANGE_INVALID,
        Problem.LIMIT_INVALID,
        Problem.CURSOR_INVALID,
        Problem.PUBLISHER_UNKNOWN,
        Problem.TOO_MANY_REQUESTS,
        Problem.OVERLOADED
    })
    @GetMapping(path = PATH, produces = MediaType.APPLICATION_JSON_VALUE)
    MonthlyStatement statement(
            @PathVariable("publisher") String publisher,
            @Parameter(schema = @Schema(pattern = "[0-9]{4}-[0-9]{2}")) @PathVariable("month") String month,
            @Parameter(
                            description = "lines of a page at most, rows and corrections together",
                            schema = @Schema(type = "integer", minimum = "1", maximum = "10000", defaultValue = "1000"))
                    @RequestParam(name = "limit", required = false)
                    @Nullable
                    String limit,
            @Parameter(description = "'next' of the page before")
                    @RequestParam(name = "cursor", required = false)
                    @Nullable
                    String cursor,
            @AuthenticationPrincipal Jwt caller) {
        Page page = read(publisher, month, cursor, Paging.limit(limit, STANDARD_LIMIT, MOST), caller);
        Sums sums = page.sums();
        return new MonthlyStatement(
                publisher,
                month,
                currency,
                page.isFinal(),
                sums.settledThrough(),
                Amount.of(sums.opening()),
                Amount.of(sums.spent()),
                Amount.of(sums.corrected()),
                Amount.of(sums.closing()),
                page.lines().stream()
                        .filter(line -> line.correction() == null)
                        .map(PublisherStatementEndpoint::paid)
                        .toList(),
                page.lines().stream()
                        .filter(line -> line.correction() != null)
                        .map(PublisherStatementEndpoint::corrected)
                        .toList(),
                page.next());
    }

    @Operation(
            summary = "The publisher's month as a table",
            description =
                    "The first row is the opening balance, the last one the closing balance, or the provisional one of a month that is not final."
                            + " Where there are more lines than the limit, the header `Link` has the address of the next ones.")
    @ApiResponse(
            responseCode = "200",
            content = @Content(mediaType = Csv.MEDIA_TYPE, schema = @Schema(type = "string")))
    @GetMapping(path = PATH, produces = Csv.MEDIA_TYPE)
    void table(
            @PathVariable("publisher") String publisher,
            @PathVariable("month") String month,
            @RequestParam(name = "limit", required = false) @Nullable String limit,
            @RequestParam(name = "cursor", required = false) @Nullable String cursor,
            @AuthenticationPrincipal Jwt caller,
            HttpServletResponse response)
            throws IOException {
        int count = Paging.limit(limit, MOST_OF_A_FILE, MOST_OF_A_FILE);
        Page page = read(publisher, month, cursor, count, caller);
        if (page.next() != null) {
            response.setHeader(
                    HttpHeaders.LINK,
                    "</v1/publishers/%s/statements/%s?limit=%d&cursor=%s>; rel=\"next\""
                            .formatted(publisher, month, count, page.next()));
        }
        try (Csv csv = Csv.answer(
                response,
                publisher + "-" + month + ".csv",
                "day",
                "kind",
                "creator",
                "units",
                "micros",
                "amount",
                "correction",
                "reason",
                "reference",
                "balance")) {
            if (cursor == null) {
                balance(csv, page.month().atDay(1), "opening", page.sums().opening());
            }
            for (Line line : page.lines()) {
                row(csv, line);
            }
            if (page.next() == null) {
                balance(
                        csv,
                        page.month().atEndOfMonth(),
                        page.isFinal() ? "closing" : "provisional",
                        page.sums().closing());
            }
        }
    }

    private static void balance(Csv csv, LocalDate day, String kind, Micros balance) throws IOException {
        csv.row(day, kind, null, null, null, null, null, null, null, balance);
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
                line.balance());
    }

    private Page read(String publisher, String text, @Nullable String cursor, int count, Jwt caller) {
        YearMonth month = month(text);
        PublisherStatement.Key after = cursor == null ? null : key(month, cursor);
        return largeReads.readSnapshot(caller, () -> {
            publishers.require(publisher);
            Sums sums = statement.sums(publisher, month);
            List<Line> lines = statement.lines(publisher, month, sums.opening(), after, count + 1);
            List<Line> page = lines.subList(0, Math.min(count, lines.size()));
            return new Page(
                    month,
                    isFinal(month, sums),
                    sums,
                    page,
                    lines.size() > count ? cursor(page.getLast().key()) : null);
        });
    }

    static boolean isFinal(YearMonth month, Sums sums) {
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
                .flatMap(PublisherStatementEndpoint::key)
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

    private static PaidRow paid(Line line) {
        return new PaidRow(line.key().day(), line.key().creator(), line.units(), Amount.of(line.micros()));
    }

    private static CorrectedRow corrected(Line line) {
        PublisherStatement.Correction correction = Objects.requireNonNull(line.correction());
        return new CorrectedRow(
                Long.toString(line.key().correction()),
                correction.at(),
                line.key().creator(),
                -line.units(),
                Amount.of(Micros.ZERO.minus(line.micros())),
                correction.reason(),
                correction.reference());
    }
}
