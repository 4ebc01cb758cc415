package dev.millrace.ledger.changes;

import dev.millrace.books.Changes;
import dev.millrace.books.Changes.Change;
import dev.millrace.books.Changes.Position;
import dev.millrace.common.token.EventType;
import dev.millrace.ledger.creator.LargeReads;
import dev.millrace.ledger.creator.Paging;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /v1/changes}: at least once, in the order of journals. */
@RestController
@Tag(name = "Changes")
public final class ChangesEndpoint {
    private static final int STANDARD_LIMIT = 1_000;
    private static final int MOST = 10_000;

    /** Sorts behind every publisher, so that nothing of the journal is left. */
    private static final String BEHIND_ALL = "~";

    private static final Pattern POSITION =
            Pattern.compile(Paging.NUMBER + "\n([^\n]*)\n([^\n]*)\n(.*)", Pattern.DOTALL);

    private final LargeReads largeReads;
    private final Changes changes;

    ChangesEndpoint(LargeReads largeReads) {
        this.largeReads = largeReads;
        this.changes = new Changes(largeReads.jdbc());
    }

    /**
     * An article's totals as of the journal.
     *
     * @param units by type of event, since the beginning
     * @param micros earned since the beginning
     */
    record ChangedArticle(
            @Schema(example = "demo") String publisher,
            @Schema(example = "/articles/7") String article,
            @Schema(example = "c-42") String creator,
            @Schema(example = "{\"view\":3}") Map<String, Long> units,
            long micros) {}

    /** The articles that a journal was the last to change. */
    record OfJournal(
            @Schema(example = "42") String journal,
            Instant at,
            @Schema(example = "settlement") String kind,
            List<ChangedArticle> articles) {}

    /**
     * A page.
     *
     * @param next to ask for the next page with, as {@code after}
     */
    record ChangesPage(
            List<OfJournal> changes, @Schema(example = "42") String next) {}

    @Operation(
            summary = "Articles that were settled after a journal, with their totals",
            description =
                    "Ask again with 'next' as 'after'; an empty page repeats it. An article that changes meanwhile comes again, with a later journal.")
    @Problems({Problem.LIMIT_INVALID, Problem.CURSOR_INVALID, Problem.TOO_MANY_REQUESTS, Problem.OVERLOADED})
    @GetMapping(path = "/v1/changes", produces = MediaType.APPLICATION_JSON_VALUE)
    ChangesPage changes(
            @Parameter(description = "a journal's number, or 'next' of the page before; 0: from the beginning")
                    @RequestParam(name = "after", required = false, defaultValue = "0")
                    String after,
            @Parameter(
                            description = "articles of a page at most",
                            schema = @Schema(type = "integer", minimum = "1", maximum = "10000", defaultValue = "1000"))
                    @RequestParam(name = "limit", required = false)
                    @Nullable
                    String limit,
            @AuthenticationPrincipal Jwt caller) {
        int count = Paging.limit(limit, STANDARD_LIMIT, MOST);
        Position position = position(after);
        List<Change> found = largeReads.read(caller, () -> changes.after(position, count + 1));
        List<Change> page = found.subList(0, Math.min(count, found.size()));
        return new ChangesPage(
                byJournal(page), page.isEmpty() ? after : next(page.getLast().position(), found, count));
    }

    /** A journal's number, where the page ends with that journal's last article. */
    private static String next(Position last, List<Change> found, int count) {
        boolean isWhole = found.size() <= count || found.get(count).position().journal() != last.journal();
        return isWhole ? Long.toString(last.journal()) : cursor(last);
    }

    static String cursor(Position last) {
        return Paging.cursor(last.journal(), last.publisher(), last.creator(), last.article());
    }

    /**
     * A consumer's position: a journal's number where all of that journal is behind it; in the middle of a journal a cursor.
     *
     * @throws dev.millrace.service.problem.ProblemException when the text is neither
     */
    static Position position(String after) {
        if (after.matches("[0-9]{1,18}")) {
            return new Position(Long.parseLong(after), BEHIND_ALL, "", "");
        }
        return Paging.fields(after, POSITION)
                .map(fields -> new Position(
                        Long.parseLong(fields.group(1)), fields.group(2), fields.group(4), fields.group(3)))
                .orElseThrow(
                        () -> Problem.CURSOR_INVALID.because(
                                "'after' is neither a journal's number nor one that an earlier page gave as 'next'; 0 begins at the beginning"));
    }

    private static List<OfJournal> byJournal(List<Change> page) {
        Map<Long, OfJournal> journals = new LinkedHashMap<>();
        for (Change change : page) {
            journals.computeIfAbsent(
                            change.position().journal(),
                            journal -> new OfJournal(
                                    Long.toString(journal), change.at(), change.kind(), new ArrayList<>()))
                    .articles()
                    .add(article(change));
        }
        return List.copyOf(journals.values());
    }

    private static ChangedArticle article(Change change) {
        Map<String, Long> units = new TreeMap<>();
        change.units().forEach((EventType type, Long count) -> units.put(type.wireName(), count));
        Position position = change.position();
        return new ChangedArticle(
                position.publisher(),
                position.article(),
                position.creator(),
                units,
                change.micros().value());
    }
}
