package dev.millrace.ledger.catalog;

import dev.millrace.books.Publisher;
import dev.millrace.books.PublisherRegister;
import dev.millrace.books.RateCards;
import dev.millrace.common.token.Kid;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.Operation;
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
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/admin/publishers}: who may send events, in which state, within which limits. */
@RestController
@RequestMapping(path = "/v1/admin/publishers", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "Catalogue")
final class PublisherEndpoint {
    private final PublisherRegister register;
    private final RateCards clock;
    private final CatalogChanges changes;

    PublisherEndpoint(JdbcClient jdbc, CatalogChanges changes) {
        this.register = new PublisherRegister(jdbc);
        this.clock = new RateCards(jdbc);
        this.changes = changes;
    }

    @Schema(name = "Publishers")
    record AllPublishers(List<Publisher> publishers) {}

    record NewPublisher(
            @Schema(pattern = "[a-z0-9-]{1,32}", example = "demo") @Nullable
            String publisher) {}

    @Operation(summary = "All publishers, with their states and limits")
    @GetMapping
    AllPublishers publishers() {
        return new AllPublishers(register.all());
    }

    @Operation(summary = "One publisher, with its state and limits")
    @Problems(Problem.PUBLISHER_UNKNOWN)
    @GetMapping("/{publisher}")
    Publisher publisher(@PathVariable("publisher") String id) {
        return find(id);
    }

    private Publisher find(String id) {
        return register.find(id).orElseThrow(() -> Problem.PUBLISHER_UNKNOWN.because("there is no publisher '%s'", id));
    }

    @Operation(
            summary = "Makes a publisher known",
            description =
                    "One named test-… is a sandbox, and begins with small limits: 10 units of the currency a day, "
                            + "100 events a second, 1,000 new creators and 5,000 new articles a day.")
    @Problems({Problem.PUBLISHER_INVALID, Problem.PUBLISHER_EXISTS, Problem.BODY_MALFORMED, Problem.CATALOG_BEHIND})
    @ResponseStatus(HttpStatus.CREATED)
    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    ResponseEntity<Publisher> create(@RequestBody NewPublisher body, @AuthenticationPrincipal Jwt caller) {
        String id = body.publisher();
        if (id == null || !Kid.PUBLISHER.matcher(id).matches()) {
            throw Problem.PUBLISHER_INVALID.because("publisher id '%s' is not of the form [a-z0-9-]{1,32}", id);
        }
        return changes.make(() -> {
            Publisher created = register.create(id)
                    .orElseThrow(() -> Problem.PUBLISHER_EXISTS.because("publisher '%s' exists already", id));
            changes.trace(caller, "publisher.create", id, null, created, null);
            return created;
        });
    }

    @Operation(
            summary = "Changes a publisher's state and limits",
            description =
                    "What is absent stays; null removes a limit. In force at every ingest node within two seconds.")
    @Problems({Problem.PUBLISHER_UNKNOWN, Problem.LIMITS_INVALID, Problem.BODY_MALFORMED, Problem.CATALOG_BEHIND})
    @PatchMapping(path = "/{publisher}", consumes = MediaType.APPLICATION_JSON_VALUE)
    ResponseEntity<Publisher> change(
            @PathVariable("publisher") String id,
            @RequestBody PublisherChange body,
            @AuthenticationPrincipal Jwt caller) {
        return changes.make(HttpStatus.OK, () -> {
            Publisher before = find(id);
            Publisher after = body.applied(before, clock.now());
            register.save(after);
            changes.trace(caller, "publisher.change", id, before, after, body.why());
            return after;
        });
    }
}
