package dev.millrace.ledger.statement;

import dev.millrace.ledger.balance.KnownCreators;
import dev.millrace.ledger.creator.CreatorId;
import dev.millrace.ledger.creator.Limit;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.ledger.settings.LedgerSettings;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /v1/creators/{creator}/entries}. */
@RestController
@Tag(name = "Creators")
final class StatementEndpoint {
    private static final int STANDARD_LIMIT = 50;
    private static final int MOST = 200;

    private final Statement statement;
    private final KnownCreators known;
    private final String currency;

    StatementEndpoint(Statement statement, KnownCreators known, LedgerSettings settings) {
        this.statement = statement;
        this.known = known;
        this.currency = settings.currency();
    }

    /**
     * An entry: what one publisher's readers brought in one settlement.
     *
     * @param id the journal's id
     */
    record Entry(
            @Schema(example = "42") String id,
            Instant at,
            @Schema(example = "settlement") String kind,
            @Schema(example = "demo") String publisher,
            long micros,
            @Schema(example = "0.001000") String amount) {}

    /**
     * A page.
     *
     * @param next the cursor of the next page; null: there are no more
     */
    record Page(
            String creator,
            @Schema(example = "USD") String currency,
            List<Entry> entries,
            @Schema(nullable = true) @Nullable String next) {}

    @Operation(summary = "The creator's entries, newest first: settled money only")
    @Problems({
        Problem.CREATOR_INVALID,
        Problem.LIMIT_INVALID,
        Problem.CURSOR_INVALID,
        Problem.CREATOR_UNKNOWN,
        Problem.COUNTERS_UNAVAILABLE,
        Problem.LEDGER_UNAVAILABLE
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
                    String cursor) {
        CreatorId creator = new CreatorId(id);
        int count = Limit.of(limit, STANDARD_LIMIT, MOST);
        PageCursor after = cursor == null ? null : PageCursor.decode(cursor);
        List<Statement.Entry> found = statement.entries(creator, after, count + 1);
        if (found.isEmpty()) {
            known.require(creator);
        }
        List<Statement.Entry> page = found.subList(0, Math.min(count, found.size()));
        String next = found.size() > count ? page.getLast().key().encode() : null;
        return new Page(
                creator.id(),
                currency,
                page.stream().map(StatementEndpoint::entry).toList(),
                next);
    }

    private static Entry entry(Statement.Entry entry) {
        return new Entry(
                Long.toString(entry.key().journal()),
                entry.key().at(),
                entry.kind(),
                entry.key().publisher(),
                entry.micros().value(),
                entry.micros().amount());
    }
}
