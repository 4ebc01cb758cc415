package dev.millrace.ledger.catalog;

import dev.millrace.books.PublisherRegister;
import dev.millrace.common.key.MasterKey;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.ledger.settings.LedgerSettings;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** A publisher's keys, for administrators at {@code /v1/admin/publishers} and for the publisher itself at {@code /v1/publishers}. */
@RestController
@RequestMapping(
        path = {"/v1/admin/publishers/{publisher}/keys", "/v1/publishers/{publisher}/keys"},
        produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "Keys")
final class KeyEndpoint {
    private final PublisherRegister register;
    private final CatalogChanges changes;
    private final MasterKey secrets;

    KeyEndpoint(JdbcClient jdbc, CatalogChanges changes, LedgerSettings settings) {
        this.register = new PublisherRegister(jdbc);
        this.changes = changes;
        this.secrets = settings.key();
    }

    record Key(
            @Schema(example = "demo.1") String kid,
            Instant createdAt,
            @Schema(nullable = true) @Nullable Instant revokedAt) {}

    record Keys(List<Key> keys) {}

    /**
     * A new key.
     *
     * @param secret the HMAC key: its own characters as bytes. Shown only here
     */
    record NewKey(@Schema(example = "demo.2") String kid, String secret, Instant createdAt) {
        @Override
        public String toString() {
            return "NewKey[%s, secret hidden]".formatted(kid);
        }
    }

    @Operation(summary = "A publisher's keys, without their secrets")
    @Problems(Problem.PUBLISHER_UNKNOWN)
    @GetMapping
    Keys keys(@PathVariable("publisher") String publisher) {
        changes.requirePublisher(publisher);
        return new Keys(register.keys(publisher).stream()
                .map(key -> new Key(key.kid().toString(), key.createdAt(), key.revokedAt()))
                .toList());
    }

    @Operation(summary = "Gives a publisher a new key and shows its secret, this once")
    @Problems({Problem.PUBLISHER_UNKNOWN, Problem.CATALOG_BEHIND})
    @ResponseStatus(HttpStatus.CREATED)
    @PostMapping
    ResponseEntity<NewKey> createKey(@PathVariable("publisher") String publisher) {
        return changes.make(() -> {
            changes.requirePublisher(publisher);
            PublisherRegister.Key key = register.createKey(publisher);
            return new NewKey(key.kid().toString(), secrets.publisherSecret(key.kid()), key.createdAt());
        });
    }

    @Operation(
            summary = "Revokes a key; once more changes nothing",
            description = "A revocation goes through also where every other change is refused with catalog-behind.")
    @Problems({Problem.PUBLISHER_UNKNOWN, Problem.KEY_UNKNOWN, Problem.COUNTERS_UNAVAILABLE})
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @DeleteMapping(path = "/{number}", produces = MediaType.ALL_VALUE)
    ResponseEntity<Void> revoke(@PathVariable("publisher") String publisher, @PathVariable("number") String number) {
        return changes.revoke(publisher, number);
    }
}
