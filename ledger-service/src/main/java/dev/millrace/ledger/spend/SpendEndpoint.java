package dev.millrace.ledger.spend;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.millrace.books.Filtered;
import dev.millrace.books.Spending;
import dev.millrace.books.Spending.By;
import dev.millrace.ledger.creator.Amount;
import dev.millrace.ledger.creator.Corrected;
import dev.millrace.ledger.creator.DateRange;
import dev.millrace.ledger.creator.KnownPublishers;
import dev.millrace.ledger.creator.LargeReads;
import dev.millrace.ledger.creator.Paging;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.ledger.settings.LedgerSettings;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /v1/publishers/{publisher}/spend}. */
@RestController
@Tag(name = "Publishers")
public final class SpendEndpoint {
    private static final int STANDARD_LIMIT = 100;
    private static final int MOST = 1_000;

    private static final Pattern CURSOR =
            Pattern.compile("(day|creator|article|type)\n([^\\p{Cntrl}]{1,128})\n([A-Za-z0-9._:-]{0,69})");

    private final Spending spending;
    private final KnownPublishers publishers;
    private final LargeReads largeReads;
    private final Clock clock;
    private final String currency;

    SpendEndpoint(LargeReads largeReads, Clock clock, LedgerSettings settings) {
        this.spending = new Spending(largeReads.jdbc());
        this.publishers = new KnownPublishers(largeReads.jdbc());
        this.largeReads = largeReads;
        this.clock = clock;
        this.currency = settings.currency();
    }

    /**
     * A sum, with the fields of what it is grouped by.
     *
     * @param units of all types of events together, unless grouped by type; 0: all was filtered
     * @param corrected what corrections took back of it, whenever they were booked
     * @param filtered units that were not paid, and what they would have cost; in no other field
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record SpendRow(
            @Schema(example = "2026-11-30", nullable = true) @Nullable
            String day,

            @Schema(example = "/articles/7", nullable = true) @Nullable
            String article,

            @Schema(example = "c-42", nullable = true) @Nullable
            String creator,

            @Schema(example = "view", nullable = true) @Nullable
            String type,

            long units,
            @JsonUnwrapped Amount spent,
            Corrected corrected,
            List<Filtered> filtered) {}

    /** The sum of the whole range. */
    record SpendTotal(long units, @JsonUnwrapped Amount spent, Corrected corrected, List<Filtered> filtered) {}

    /**
     * A page.
     *
     * @param rows by key, compared as bytes
     * @param total over the whole range, not the page
     * @param next the cursor of the next page; null: there are no more
     */
    record Spend(
            @Schema(example = "demo") String publisher,
            @Schema(example = "USD") String currency,
            LocalDate from,
            LocalDate to,
            List<SpendRow> rows,
            SpendTotal total,
            @Schema(nullable = true) @Nullable String next) {}

    @Operation(
            summary =
                    "What the publisher has paid, settled money, of the days from 'from' to 'to' (UTC, both inclusive)")
    @Problems({
        Problem.RANGE_INVALID,
        Problem.LIMIT_INVALID,
        Problem.CURSOR_INVALID,
        Problem.REQUEST_MALFORMED,
        Problem.PUBLISHER_UNKNOWN,
        Problem.TOO_MANY_REQUESTS,
        Problem.OVERLOADED
    })
    @GetMapping(path = "/v1/publishers/{publisher}/spend", produces = MediaType.APPLICATION_JSON_VALUE)
    Spend spend(
            @PathVariable("publisher") String publisher,
            @Parameter(description = "first day; default: 29 days before 'to'", schema = @Schema(format = "date"))
                    @RequestParam(name = "from", required = false)
                    @Nullable
                    String from,
            @Parameter(description = "last day; default: today", schema = @Schema(format = "date"))
                    @RequestParam(name = "to", required = false)
                    @Nullable
                    String to,
            @Parameter(
                            schema =
                                    @Schema(
                                            allowableValues = {"day", "creator", "article", "type"},
                                            defaultValue = "day"))
                    @RequestParam(name = "by", required = false)
                    @Nullable
                    String by,
            @Parameter(schema = @Schema(type = "integer", minimum = "1", maximum = "1000", defaultValue = "100"))
                    @RequestParam(name = "limit", required = false)
                    @Nullable
                    String limit,
            @Parameter(description = "'next' of the page before, of the same 'by'")
                    @RequestParam(name = "cursor", required = false)
                    @Nullable
                    String cursor,
            @AuthenticationPrincipal Jwt caller) {
        DateRange days = DateRange.of(from, to, LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC));
        By grouped = by(by);
        int count = Paging.limit(limit, STANDARD_LIMIT, MOST);
        Spending.Key after = cursor == null ? null : key(grouped, cursor);
        List<Spending.Sum> sums = largeReads.read(caller, () -> {
            publishers.require(publisher);
            return spending.sums(publisher, days.from(), days.to(), grouped, after, count + 1);
        });
        List<Spending.Sum> page = sums.subList(1, Math.min(count + 1, sums.size()));
        return new Spend(
                publisher,
                currency,
                days.from(),
                days.to(),
                page.stream().map(sum -> row(grouped, sum)).toList(),
                total(sums.getFirst()),
                sums.size() > count + 1 ? cursor(grouped, keyOf(page.getLast())) : null);
    }

    /** @throws dev.millrace.service.problem.ProblemException when it names nothing that can be grouped by */
    static By by(@Nullable String text) {
        return text == null
                ? By.DAY
                : Arrays.stream(By.values())
                        .filter(by -> by.wireName().equals(text))
                        .findFirst()
                        .orElseThrow(() -> Problem.REQUEST_MALFORMED.because(
                                "by '%s' is none of %s",
                                text,
                                Arrays.stream(By.values()).map(By::wireName).collect(Collectors.joining(", "))));
    }

    static String cursor(By by, Spending.Key last) {
        return Paging.cursor(by.wireName(), last.first(), last.second());
    }

    /** @throws dev.millrace.service.problem.ProblemException when the cursor is malformed, or of rows grouped otherwise */
    static Spending.Key key(By by, String cursor) {
        return Paging.fields(cursor, CURSOR)
                .filter(fields -> fields.group(1).equals(by.wireName()))
                .map(fields -> new Spending.Key(fields.group(2), fields.group(3)))
                .orElseThrow(() -> Problem.CURSOR_INVALID.because(
                        "the cursor is not one that an earlier page by %s gave as 'next'; leave it out to begin with the first row",
                        by.wireName()));
    }

    private static Spending.Key keyOf(Spending.Sum sum) {
        return Objects.requireNonNull(sum.key());
    }

    private static SpendRow row(By by, Spending.Sum sum) {
        Spending.Key key = keyOf(sum);
        return new SpendRow(
                by == By.DAY ? key.first() : null,
                by == By.ARTICLE ? key.first() : null,
                by == By.ARTICLE ? key.second() : by == By.CREATOR ? key.first() : null,
                by == By.TYPE ? key.first() : null,
                sum.units(),
                Amount.of(sum.micros()),
                new Corrected(sum.correctedUnits(), sum.correctedMicros()),
                sum.filtered());
    }

    private static SpendTotal total(Spending.Sum sum) {
        return new SpendTotal(
                sum.units(),
                Amount.of(sum.micros()),
                new Corrected(sum.correctedUnits(), sum.correctedMicros()),
                sum.filtered());
    }
}
