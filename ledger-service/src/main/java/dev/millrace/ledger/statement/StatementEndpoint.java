package dev.millrace.ledger.statement;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.millrace.books.Filtered;
import dev.millrace.books.Statement;
import dev.millrace.ledger.balance.LiveBalance;
import dev.millrace.ledger.creator.Amount;
import dev.millrace.ledger.creator.Creator;
import dev.millrace.ledger.creator.LargeReads;
import dev.millrace.ledger.creator.Paging;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.ledger.settings.LedgerSettings;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /v1/creators/{creator}/entries}. */
@RestController
@Tag(name = "Creators")
public final class StatementEndpoint {
    private static final int STANDARD_LIMIT = 50;
    private static final int MOST = 200;

    private static final Pattern KEY = Pattern.compile(Paging.NUMBER + "\n" + Paging.NUMBER + "\n([a-z0-9-]{0,32})");

    private final Statement statement;
    private final LiveBalance balances;
    private final LargeReads largeReads;
    private final String currency;

    StatementEndpoint(LiveBalance balances, LargeReads largeReads, LedgerSettings settings) {
        this.statement = new Statement(largeReads.jdbc());
        this.balances = balances;
        this.largeReads = largeReads;
        this.currency = settings.currency();
    }

    /**
     * An entry: what one publisher's readers brought in a settlement or an adoption, what a correction gave back to a publisher, or what was paid
     * out.
     *
     * @param id {@code <journal>-<line>}, unique
     * @param kind settlement, adoption, correction or payout
     * @param publisher null: it is a payout
     * @param moved negative in a correction or a payout
     */
    record Entry(
            @Schema(example = "42-7") String id,
            @Schema(example = "42") String journal,
            Instant at,
            @Schema(example = "settlement") String kind,

            @Schema(example = "demo", nullable = true) @Nullable
            String publisher,

            @JsonUnwrapped Amount moved) {}

    /**
     * A page.
     *
     * @param filtered units of the page's days that nobody paid for, and what they would have brought; in no entry. All pages show each day once
     * @param next the cursor of the next page; null: there are no more
     */
    record Page(
            String creator,
            @Schema(example = "USD") String currency,
            List<Entry> entries,
            List<Filtered> filtered,
            @Schema(nullable = true) @Nullable String next) {}

    @Operation(
            summary =
                    "The creator's entries, newest first: settled money only; and the filtered units of the page's days")
    @Problems({
        Problem.CREATOR_INVALID,
        Problem.LIMIT_INVALID,
        Problem.CURSOR_INVALID,
        Problem.CREATOR_UNKNOWN,
        Problem.TOO_MANY_REQUESTS,
        Problem.OVERLOADED,
        Problem.COUNTERS_UNAVAILABLE
    })
    @GetMapping(path = "/v1/creators/{creator}/entries", produces = MediaType.APPLICATION_JSON_VALUE)
    Page entries(
            @PathVariable("creator") String id,
            @Parameter(schema = @Schema(type = "integer", minimum = "1", maximum = "200", defaultValue = "50"))
                    @RequestParam(name = "limit", required = false)
                    @Nullable
                    String limit,
            @Parameter(description = "'next' of the page before")
                    @RequestParam(name = "cursor", required = false)
                    @Nullable
                    String cursor,
            @AuthenticationPrincipal Jwt caller) {
        Creator creator = new Creator(id);
        int count = Paging.limit(limit, STANDARD_LIMIT, MOST);
        Statement.Key after = cursor == null ? null : key(cursor);
        Found found = largeReads.readSnapshot(caller, () -> find(creator, after, count));
        if (found.page().rows().isEmpty() && found.filtered().isEmpty()) {
            balances.requireKnown(creator);
        }
        return new Page(
                creator.id(),
                currency,
                found.page().rows().stream().map(StatementEndpoint::entry).toList(),
                found.filtered(),
                found.page().next());
    }

    private record Found(Paging.Slice<Statement.Entry> page, List<Filtered> filtered) {}

    /** A page's days begin with that of its last entry. They end before those of the page before, which showed the day of the cursor. */
    private Found find(Creator creator, Statement.@Nullable Key after, int count) {
        Paging.Slice<Statement.Entry> page =
                Paging.slice(statement.entries(creator.id(), after, count + 1), count, last -> cursor(last.key()));
        LocalDate from =
                page.next() == null ? LocalDate.MIN : day(page.rows().getLast().key());
        LocalDate until = after == null ? LocalDate.MAX : day(after);
        return new Found(page, from.isBefore(until) ? statement.filtered(creator.id(), from, until) : List.of());
    }

    private static LocalDate day(Statement.Key key) {
        return LocalDate.ofInstant(key.at(), ZoneOffset.UTC);
    }

    /** The last entry of a page; the next page goes on below it. */
    static String cursor(Statement.Key last) {
        return Paging.cursor(ChronoUnit.MICROS.between(Instant.EPOCH, last.at()), last.journal(), last.publisher());
    }

    /** @throws dev.millrace.service.problem.ProblemException when the cursor is malformed */
    static Statement.Key key(String cursor) {
        return Paging.fields(cursor, KEY)
                .map(fields -> new Statement.Key(
                        Instant.EPOCH.plus(Long.parseLong(fields.group(1)), ChronoUnit.MICROS),
                        Long.parseLong(fields.group(2)),
                        fields.group(3)))
                .orElseThrow(
                        () -> Problem.CURSOR_INVALID.because(
                                "the cursor is not one that an earlier page gave as 'next'; leave it out to begin with the newest entry"));
    }

    private static Entry entry(Statement.Entry entry) {
        String journal = Long.toString(entry.key().journal());
        return new Entry(
                journal + "-" + entry.line(),
                journal,
                entry.key().at(),
                entry.kind(),
                entry.key().publisher().isEmpty() ? null : entry.key().publisher(),
                Amount.of(entry.micros()));
    }
}
