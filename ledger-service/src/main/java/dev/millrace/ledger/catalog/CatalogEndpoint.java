package dev.millrace.ledger.catalog;

import dev.millrace.books.RateCards.Card;
import dev.millrace.common.catalog.Rate;
import dev.millrace.ledger.act.Acts;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.ledger.settings.LedgerSettings;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
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
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
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
        this.rates = new RateBook(jdbc, settings.redisPatience(), settings.rateChangeFactor());
        this.changes = changes;
    }

    record Cards(List<Card> rates) {}

    @Operation(summary = "All rate cards, by effective time, the oldest first")
    @GetMapping("/rates")
    Cards cards() {
        return new Cards(rates.cards());
    }

    @Operation(
            summary = "Adds a rate card; types not named keep the rate in force at its time",
            description =
                    "Send the header Idempotency-Key, and the same one again after an answer that was lost: then no second card is added.")
    @Problems({
        Problem.RATE_INVALID,
        Problem.RATE_IN_THE_PAST,
        Problem.RATE_EXISTS,
        Problem.RATE_CHANGE_TOO_LARGE,
        Problem.PUBLISHER_UNKNOWN,
        Problem.IDEMPOTENCY_CONFLICT,
        Problem.CATALOG_BEHIND,
        Problem.BODY_MALFORMED
    })
    @ResponseStatus(HttpStatus.CREATED)
    @PostMapping(path = "/rates", consumes = MediaType.APPLICATION_JSON_VALUE)
    ResponseEntity<Card> add(
            @RequestBody RateRequest body,
            @RequestHeader(name = Acts.KEY, required = false) @Nullable String key,
            @AuthenticationPrincipal Jwt caller) {
        @Nullable Instant effectiveAt = body.time();
        Map<String, Rate> named = body.changes();
        String why = Reason.checked(Problem.RATE_INVALID, body.reason());
        Supplier<Card> add = () -> {
            if (body.publisher() != null) {
                changes.requirePublisher(body.publisher());
            }
            Card added = rates.add(body.publisher(), effectiveAt, named, Boolean.TRUE.equals(body.force()));
            changes.trace(caller, "rate.add", Integer.toString(added.version()), null, added, why);
            return added;
        };
        return changes.make(() ->
                changes.once("POST /v1/admin/rates", key, body, Card.class, add).value());
    }

    @Operation(
            summary = "Withdraws a rate card before it is in force; once more changes nothing",
            description = "It stays for the record. Cards that were added after it keep the rates they have.")
    @Problems({Problem.RATE_UNKNOWN, Problem.RATE_IN_FORCE, Problem.RATE_INVALID, Problem.CATALOG_BEHIND})
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @DeleteMapping(path = "/rates/{version}", produces = MediaType.ALL_VALUE)
    ResponseEntity<Void> withdraw(
            @PathVariable("version") String version,
            @Parameter(description = "why, for the audit trail")
                    @RequestParam(name = "reason", required = false)
                    @Nullable
                    String reason,
            @AuthenticationPrincipal Jwt caller) {
        String why = Reason.checked(Problem.RATE_INVALID, reason);
        return changes.makeSilently(() -> {
            Optional<Card> before = rates.cards().stream()
                    .filter(card -> version.equals(Integer.toString(card.version())))
                    .findFirst();
            if (rates.withdraw(version)) {
                changes.trace(caller, "rate.withdraw", version, before.orElseThrow(), null, why);
            }
        });
    }
}
