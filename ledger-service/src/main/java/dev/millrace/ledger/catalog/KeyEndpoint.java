package dev.millrace.ledger.catalog;

import dev.millrace.books.PublisherRegister;
import dev.millrace.books.RateCards;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.common.token.Kid;
import dev.millrace.ledger.act.Acts;
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

/** A publisher's keys, for administrators at {@code /v1/admin/publishers} and for the publisher itself at {@code /v1/publishers}. */
@RestController
@RequestMapping(
        path = {"/v1/admin/publishers/{publisher}/keys", "/v1/publishers/{publisher}/keys"},
        produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "Keys")
final class KeyEndpoint {
    private final PublisherRegister register;
    private final CatalogChanges changes;
    private final MasterKeys masterKeys;
    private final RateCards clock;

    KeyEndpoint(JdbcClient jdbc, CatalogChanges changes, LedgerSettings settings) {
        this.register = new PublisherRegister(jdbc);
        this.changes = changes;
        this.masterKeys = settings.keys();
        this.clock = new RateCards(jdbc);
    }

    /**
     * A key, without its secret.
     *
     * @param expiresAt when it ends by itself
     * @param master the master key that its secret is derived from
     */
    record Key(
            @Schema(example = "demo.1") String kid,
            Instant createdAt,
            @Schema(nullable = true) @Nullable Instant revokedAt,
            @Schema(nullable = true) @Nullable Instant expiresAt,
            @Schema(example = "v1") String master) {
        static Key of(PublisherRegister.Key key) {
            return new Key(key.kid().toString(), key.createdAt(), key.revokedAt(), key.expiresAt(), "v" + key.master());
        }
    }

    record Keys(List<Key> keys) {}

    /**
     * A new key.
     *
     * @param secret the HMAC key: its own characters as bytes. It is stored nowhere; the same {@code Idempotency-Key} shows it again
     */
    record NewKey(
            @Schema(example = "demo.2") String kid,
            String secret,
            Instant createdAt,
            @Schema(nullable = true) @Nullable Instant expiresAt,
            @Schema(example = "v1") String master) {
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
        return new Keys(register.keys(publisher).stream().map(Key::of).toList());
    }

    @Operation(
            summary = "Gives a publisher a new key and shows its secret",
            description = "Send the header Idempotency-Key, and the same one again after an answer that was lost:"
                    + " then the same key is shown once more, and no second one is made.")
    @Problems({
        Problem.PUBLISHER_UNKNOWN,
        Problem.KEY_INVALID,
        Problem.BODY_MALFORMED,
        Problem.IDEMPOTENCY_CONFLICT,
        Problem.CATALOG_BEHIND
    })
    @ResponseStatus(HttpStatus.CREATED)
    @PostMapping
    ResponseEntity<NewKey> createKey(
            @PathVariable("publisher") String publisher,
            @RequestHeader(name = Acts.KEY, required = false) @Nullable String idempotencyKey,
            @RequestBody(required = false) @Nullable KeyRequest body,
            @AuthenticationPrincipal Jwt caller) {
        KeyRequest wanted = body == null ? KeyRequest.NONE : body;
        Asked asked = new Asked(Acts.subject(caller), wanted);
        return changes.make(() -> {
            CatalogChanges.Once<Key> key = changes.once(
                    "POST /v1/publishers/" + publisher + "/keys",
                    idempotencyKey,
                    asked,
                    Key.class,
                    () -> make(publisher, wanted, caller));
            if (key.again()) {
                requireLive(publisher, key.value());
                changes.trace(caller, "key.show", publisher, null, key.value(), null);
            }
            return shown(key.value());
        });
    }

    /** A secret is shown again to its maker alone. */
    private record Asked(String subject, KeyRequest wanted) {}

    private void requireLive(String publisher, Key made) {
        if (register.keys(publisher).stream()
                .anyMatch(key -> key.kid().toString().equals(made.kid()) && key.revokedAt() != null)) {
            throw Problem.IDEMPOTENCY_CONFLICT.because(
                    "the key that was made under this %s, %s, is revoked; send another %s for another key",
                    Acts.KEY, made.kid(), Acts.KEY);
        }
    }

    private Key make(String publisher, KeyRequest wanted, Jwt caller) {
        changes.requirePublisher(publisher);
        Instant end = wanted.end(clock.now());
        Key made = Key.of(register.createKey(publisher, masterKeys.newestVersion(), end));
        changes.trace(caller, "key.create", publisher, null, made, wanted.why());
        return made;
    }

    /** With its secret, which is derived again. */
    private NewKey shown(Key key) {
        Kid kid = Kid.parse(key.kid()).orElseThrow();
        String secret = masterKeys
                .publisherSecret(kid, Integer.parseInt(key.master().substring(1)))
                .orElseThrow(() -> Problem.LEDGER_UNAVAILABLE.because(
                        "kid %s was made under master key %s, which this service does not have",
                        key.kid(), key.master()));
        return new NewKey(key.kid(), secret, key.createdAt(), key.expiresAt(), key.master());
    }

    @Operation(
            summary = "Revokes a key; once more changes nothing",
            description = "A revocation goes through also where every other change is refused with catalog-behind.")
    @Problems({Problem.PUBLISHER_UNKNOWN, Problem.KEY_UNKNOWN, Problem.KEY_INVALID, Problem.COUNTERS_UNAVAILABLE})
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @DeleteMapping(path = "/{number}", produces = MediaType.ALL_VALUE)
    ResponseEntity<Void> revoke(
            @PathVariable("publisher") String publisher,
            @PathVariable("number") String number,
            @Parameter(description = "why, for the audit trail")
                    @RequestParam(name = "reason", required = false)
                    @Nullable
                    String reason,
            @AuthenticationPrincipal Jwt caller) {
        String why = Reason.checked(Problem.KEY_INVALID, reason);
        return changes.revoke(
                publisher,
                number,
                () -> changes.trace(caller, "key.revoke", publisher, publisher + "." + number, null, why));
    }
}
