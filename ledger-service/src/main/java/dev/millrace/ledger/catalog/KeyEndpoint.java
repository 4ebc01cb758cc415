package dev.millrace.ledger.catalog;

import dev.millrace.common.key.MasterKey;
import dev.millrace.ledger.problem.Problems;
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
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/admin/publishers/{publisher}/keys}. */
@RestController
@Tag(name = "Catalogue")
final class KeyEndpoint {
    private final PublisherRegister register;
    private final CatalogChanges changes;
    private final MasterKey secrets;

    KeyEndpoint(PublisherRegister register, CatalogChanges changes, MasterKey secrets) {
        this.register = register;
        this.changes = changes;
        this.secrets = secrets;
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
    @Problems({Problem.PUBLISHER_UNKNOWN, Problem.LEDGER_UNAVAILABLE})
    @GetMapping(path = "/v1/admin/publishers/{publisher}/keys", produces = MediaType.APPLICATION_JSON_VALUE)
    Keys keys(@PathVariable("publisher") String publisher) {
        return new Keys(register.keys(publisher).stream()
                .map(key -> new Key(key.kid().toString(), key.createdAt(), key.revokedAt()))
                .toList());
    }

    @Operation(summary = "Gives a publisher a new key and shows its secret, this once")
    @Problems({Problem.PUBLISHER_UNKNOWN, Problem.CATALOG_BEHIND, Problem.LEDGER_UNAVAILABLE})
    @ResponseStatus(HttpStatus.CREATED)
    @PostMapping(path = "/v1/admin/publishers/{publisher}/keys", produces = MediaType.APPLICATION_JSON_VALUE)
    ResponseEntity<NewKey> create(@PathVariable("publisher") String publisher) {
        var made = changes.make(() -> register.createKey(publisher));
        PublisherRegister.Key key = made.value();
        NewKey body = new NewKey(key.kid().toString(), secrets.publisherSecret(key.kid()), key.createdAt());
        return new ResponseEntity<>(body, made.headers(), HttpStatus.CREATED);
    }

    @Operation(
            summary = "Revokes a key; once more changes nothing",
            description = "A revocation goes through also where every other change is refused with catalog-behind.")
    @Problems({Problem.PUBLISHER_UNKNOWN, Problem.KEY_UNKNOWN, Problem.COUNTERS_UNAVAILABLE, Problem.LEDGER_UNAVAILABLE
    })
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @DeleteMapping(path = "/v1/admin/publishers/{publisher}/keys/{number}")
    ResponseEntity<Void> revoke(@PathVariable("publisher") String publisher, @PathVariable("number") String number) {
        var made = changes.revoke(register, publisher, number);
        return new ResponseEntity<>(made.headers(), HttpStatus.NO_CONTENT);
    }
}
