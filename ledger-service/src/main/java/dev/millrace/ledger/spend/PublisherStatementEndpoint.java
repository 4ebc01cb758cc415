package dev.millrace.ledger.spend;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.millrace.books.Filtered;
import dev.millrace.books.PublisherStatement;
import dev.millrace.books.PublisherStatement.Detail;
import dev.millrace.books.PublisherStatement.Line;
import dev.millrace.books.PublisherStatement.Sums;
import dev.millrace.common.money.Micros;
import dev.millrace.ledger.creator.Amount;
import dev.millrace.ledger.creator.KnownPublishers;
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
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.util.List;
import java.util.Objects;
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

    /**
     * What a creator was paid for a day.
     *
     * @param units 0: all was filtered
     * @param filtered units that were not paid, and what they would have cost; in no other field
     */
    record PaidRow(
            LocalDate day,
            @Schema(example = "c-42") String creator,
            long units,
            @JsonUnwrapped Amount paid,
            List<Filtered> filtered) {}

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
     * @param filtered units of the month that were not paid, and what they would have cost; in no other sum
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
            List<Filtered> filtered,
            List<PaidRow> rows,
            List<CorrectedRow> corrections,
            @Schema(nullable = true) @Nullable String next) {}

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
        StatementPage page =
                read(publisher, month, cursor, Paging.limit(limit, STANDARD_LIMIT, MOST), Detail.BY_REASON, caller);
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
                sums.filtered(),
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
        StatementPage page = read(publisher, month, cursor, count, Detail.SUM, caller);
        if (page.next() != null) {
            response.setHeader(
                    HttpHeaders.LINK,
                    "</v1/publishers/%s/statements/%s?limit=%d&cursor=%s>; rel=\"next\""
                            .formatted(publisher, month, count, page.next()));
        }
        try (Csv csv = Csv.answer(response, publisher + "-" + month + ".csv", StatementPage.COLUMNS)) {
            page.write(csv);
        }
    }

    private StatementPage read(
            String publisher, String text, @Nullable String cursor, int count, Detail detail, Jwt caller) {
        YearMonth month = StatementPage.month(text);
        PublisherStatement.Key after = cursor == null ? null : StatementPage.key(month, cursor);
        return largeReads.readSnapshot(caller, () -> {
            publishers.require(publisher);
            Sums sums = statement.sums(publisher, month);
            List<Line> lines = statement.lines(publisher, month, sums.opening(), after, count + 1, detail);
            List<Line> page = lines.subList(0, Math.min(count, lines.size()));
            return new StatementPage(
                    month,
                    sums,
                    page,
                    after == null,
                    lines.size() > count ? StatementPage.cursor(page.getLast().key()) : null);
        });
    }

    private static PaidRow paid(Line line) {
        return new PaidRow(
                line.key().day(), line.key().creator(), line.units(), Amount.of(line.micros()), line.filtered());
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
