package dev.millrace.ledger.catalog;

import dev.millrace.books.CreatorLists;
import dev.millrace.common.token.Sandbox;
import dev.millrace.ledger.creator.Creator;
import dev.millrace.ledger.creator.Paging;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/publishers/{publisher}/creators}: the only creators that a publisher may pay, once its {@code creators} is {@code listed}. */
@RestController
@RequestMapping("/v1/publishers/{publisher}/creators")
@Tag(name = "Publishers")
final class CreatorListEndpoint {
    /** The catalogue carries the lists to every ingest node. */
    private static final int MOST_LISTED = 10_000;

    private static final int STANDARD_LIMIT = 100;
    private static final int MOST = 1_000;

    private final CreatorLists lists;
    private final CatalogChanges changes;

    CreatorListEndpoint(JdbcClient jdbc, CatalogChanges changes) {
        this.lists = new CreatorLists(jdbc);
        this.changes = changes;
    }

    /** @param next the cursor of the next page; null: there are no more */
    @Schema(name = "ListedCreators")
    record Page(
            String publisher,
            List<CreatorLists.Listed> creators,
            @Schema(nullable = true) @Nullable String next) {}

    @Operation(summary = "The creators that a publisher has listed, by id")
    @Problems({Problem.PUBLISHER_UNKNOWN, Problem.LIMIT_INVALID, Problem.CURSOR_INVALID})
    @GetMapping(produces = MediaType.APPLICATION_JSON_VALUE)
    Page list(
            @PathVariable("publisher") String publisher,
            @Parameter(schema = @Schema(type = "integer", minimum = "1", maximum = "1000", defaultValue = "100"))
                    @RequestParam(name = "limit", required = false)
                    @Nullable
                    String limit,
            @RequestParam(name = "cursor", required = false) @Nullable String cursor) {
        int most = Paging.limit(limit, STANDARD_LIMIT, MOST);
        String after = Paging.after(cursor);
        changes.requirePublisher(publisher);
        Paging.Slice<CreatorLists.Listed> page =
                Paging.slice(lists.page(publisher, after, most + 1), most, last -> Paging.cursor(last.creator()));
        return new Page(publisher, page.rows(), page.next());
    }

    @Operation(summary = "Lists a creator; once more changes nothing")
    @Problems({Problem.PUBLISHER_UNKNOWN, Problem.CREATOR_INVALID, Problem.CREATORS_FULL, Problem.CATALOG_BEHIND})
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @PutMapping("/{creator}")
    ResponseEntity<Void> add(
            @PathVariable("publisher") String publisher,
            @PathVariable("creator") String id,
            @AuthenticationPrincipal Jwt caller) {
        String creator = creator(publisher, id);
        return changes.makeSilently(() -> {
            changes.requirePublisher(publisher);
            if (lists.add(publisher, creator)) {
                if (lists.size(publisher) > MOST_LISTED) {
                    throw Problem.CREATORS_FULL.because(
                            "publisher '%s' has listed %d creators; it can't list more", publisher, MOST_LISTED);
                }
                changes.trace(caller, "creator.list", publisher, null, creator, null);
            }
        });
    }

    @Operation(summary = "Takes a creator off the list; once more changes nothing")
    @Problems({Problem.PUBLISHER_UNKNOWN, Problem.CREATOR_INVALID, Problem.CATALOG_BEHIND})
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @DeleteMapping("/{creator}")
    ResponseEntity<Void> remove(
            @PathVariable("publisher") String publisher,
            @PathVariable("creator") String id,
            @AuthenticationPrincipal Jwt caller) {
        String creator = creator(publisher, id);
        return changes.makeSilently(() -> {
            changes.requirePublisher(publisher);
            if (lists.remove(publisher, creator)) {
                changes.trace(caller, "creator.unlist", publisher, creator, null, null);
            }
        });
    }

    /** As the publisher's tokens mean it: a sandbox pays creators of its own. */
    private static String creator(String publisher, String id) {
        String creator = new Creator(Sandbox.isPublisher(publisher) ? Sandbox.creator(id) : id).id();
        if (Sandbox.isCreator(creator) != Sandbox.isPublisher(publisher)) {
            throw Problem.CREATOR_INVALID.because("'%s' is a sandbox's, and publisher '%s' is none", id, publisher);
        }
        return creator;
    }
}
