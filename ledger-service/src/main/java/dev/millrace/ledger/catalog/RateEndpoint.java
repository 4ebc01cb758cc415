package dev.millrace.ledger.catalog;

import dev.millrace.books.RateCards.Card;
import dev.millrace.common.catalog.Rate;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/admin/rates}. */
@RestController
@Tag(name = "Catalogue")
final class RateEndpoint {
    private final RateBook book;
    private final CatalogChanges changes;

    RateEndpoint(RateBook book, CatalogChanges changes) {
        this.book = book;
        this.changes = changes;
    }

    record Cards(List<Card> rates) {}

    @Operation(summary = "All rate cards, by effective time, the oldest first")
    @Problems(Problem.LEDGER_UNAVAILABLE)
    @GetMapping(path = "/v1/admin/rates", produces = MediaType.APPLICATION_JSON_VALUE)
    Cards cards() {
        return new Cards(book.cards());
    }

    @Operation(summary = "Adds a rate card; types not named keep the rate in force at its time")
    @Problems({
        Problem.RATE_INVALID,
        Problem.RATE_IN_THE_PAST,
        Problem.RATE_EXISTS,
        Problem.CATALOG_BEHIND,
        Problem.BODY_MALFORMED,
        Problem.LEDGER_UNAVAILABLE
    })
    @ResponseStatus(HttpStatus.CREATED)
    @PostMapping(
            path = "/v1/admin/rates",
            consumes = MediaType.APPLICATION_JSON_VALUE,
            produces = MediaType.APPLICATION_JSON_VALUE)
    ResponseEntity<Card> add(@RequestBody RateRequest body) {
        @Nullable Instant effectiveAt = body.time();
        Map<String, Rate> rates = body.changes();
        var made = changes.make(() -> book.add(effectiveAt, rates));
        return new ResponseEntity<>(made.value(), made.headers(), HttpStatus.CREATED);
    }
}
