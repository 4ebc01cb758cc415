package dev.millrace.ledger.catalog;

import dev.millrace.books.RateCards.Card;
import dev.millrace.common.catalog.Rate;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.ledger.settings.LedgerSettings;
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
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/admin}: publishers, rate cards. */
@RestController
@RequestMapping(path = "/v1/admin", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "Catalogue")
final class CatalogEndpoint {
    private final RateBook rates;
    private final CatalogChanges changes;

    CatalogEndpoint(JdbcClient jdbc, CatalogChanges changes, LedgerSettings settings) {
        this.rates = new RateBook(jdbc, settings.redisPatience());
        this.changes = changes;
    }

    record Cards(List<Card> rates) {}

    @Operation(summary = "All rate cards, by effective time, the oldest first")
    @GetMapping("/rates")
    Cards cards() {
        return new Cards(rates.cards());
    }

    @Operation(summary = "Adds a rate card; types not named keep the rate in force at its time")
    @Problems({
        Problem.RATE_INVALID,
        Problem.RATE_IN_THE_PAST,
        Problem.RATE_EXISTS,
        Problem.PUBLISHER_UNKNOWN,
        Problem.CATALOG_BEHIND,
        Problem.BODY_MALFORMED
    })
    @ResponseStatus(HttpStatus.CREATED)
    @PostMapping(path = "/rates", consumes = MediaType.APPLICATION_JSON_VALUE)
    ResponseEntity<Card> add(@RequestBody RateRequest body) {
        @Nullable Instant effectiveAt = body.time();
        Map<String, Rate> named = body.changes();
        return changes.make(() -> {
            if (body.publisher() != null) {
                changes.requirePublisher(body.publisher());
            }
            return rates.add(body.publisher(), effectiveAt, named);
        });
    }
}
