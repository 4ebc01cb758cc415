package dev.millrace.ledger.catalog;

import dev.millrace.books.Audit;
import dev.millrace.books.Idempotency;
import dev.millrace.books.PublisherRegister;
import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.token.Kid;
import dev.millrace.ledger.act.Acts;
import dev.millrace.ledger.catalog.CatalogPublisher.Standing;
import dev.millrace.ledger.creator.KnownPublishers;
import dev.millrace.service.problem.Problem;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Makes changes to the catalogue, one at a time in the whole installation, and publishes each before it is answered.
 *
 * <p>The database commits a change first. If Redis can't be reached then, the change stays: it is
 * answered as made, with {@value #PUBLISHED} {@code false}, and is in force within a second or two of Redis' return.
 *
 * <p>While Redis holds a catalogue that the database does not know, it makes only revocations; see {@link CatalogPublisher}.
 */
class CatalogChanges {
    /** Header of an answer: whether the change is published, hence in force at ingest within two seconds. */
    static final String PUBLISHED = "Millrace-Catalog-Published";

    private final JdbcClient jdbc;
    private final PublisherRegister register;
    private final KnownPublishers known;
    private final Audit audit;
    private final Idempotency answers;
    private final TransactionTemplate transaction;
    private final CatalogPublisher publisher;

    CatalogChanges(JdbcClient jdbc, PlatformTransactionManager transactions, CatalogPublisher publisher) {
        this.jdbc = jdbc;
        this.register = new PublisherRegister(jdbc);
        this.known = new KnownPublishers(jdbc);
        this.audit = new Audit(jdbc);
        this.answers = new Idempotency(jdbc);
        this.transaction = new TransactionTemplate(transactions);
        this.publisher = publisher;
    }

    /**
     * Makes the change in a transaction, and no other change at the same time. Returns the answer to its caller.
     *
     * @throws dev.millrace.service.problem.ProblemException {@code catalog-behind}, or the change's own exception
     */
    <T> ResponseEntity<T> make(Supplier<T> change) {
        return make(HttpStatus.CREATED, change);
    }

    /** The same, answered with another status. */
    <T> ResponseEntity<T> make(HttpStatus status, Supplier<T> change) {
        T value = alone(() -> {
            publisher.requireInStep();
            return change.get();
        });
        return answer(status, publisher.publish()).body(value);
    }

    /** The same, answered with no content. */
    ResponseEntity<Void> makeSilently(Runnable change) {
        alone(() -> {
            publisher.requireInStep();
            change.run();
            return true;
        });
        return answer(HttpStatus.NO_CONTENT, publisher.publish()).build();
    }

    /**
     * A change that was asked for under a key.
     *
     * @param again whether it was made before, when its answer may have been lost
     */
    record Once<T>(T value, boolean again) {}

    /**
     * For {@link #make}: makes the change, or gives what it gave before under the same {@code Idempotency-Key}.
     *
     * @param operation method and path
     * @param key the header; null: none
     * @param content all that is asked for
     * @throws dev.millrace.service.problem.ProblemException {@code idempotency-conflict}
     */
    <T> Once<T> once(String operation, @Nullable String key, Object content, Class<T> type, Supplier<T> change) {
        if (key == null) {
            return new Once<>(change.get(), false);
        }
        Idempotency.Request request = new Idempotency.Request(operation, Acts.requiredKey(key), content);
        try {
            Optional<T> before = answers.before(request, type);
            if (before.isPresent()) {
                return new Once<>(before.get(), true);
            }
        } catch (Idempotency.ConflictException e) {
            throw Problem.IDEMPOTENCY_CONFLICT.because(String.valueOf(e.getMessage()));
        }
        T made = change.get();
        answers.keep(request, made);
        return new Once<>(made, false);
    }

    /** Leaves the change's trace, in the same transaction, and a line in the log. */
    void trace(
            Jwt caller,
            String action,
            String target,
            @Nullable Object before,
            @Nullable Object after,
            @Nullable String reason) {
        Acts.trace(audit, caller, action, target, before, after, reason);
    }

    /** @param published whether Redis holds the change */
    private static ResponseEntity.BodyBuilder answer(HttpStatus status, boolean published) {
        return ResponseEntity.status(status).header(PUBLISHED, Boolean.toString(published));
    }

    /** @throws dev.millrace.service.problem.ProblemException {@code publisher-unknown} */
    void requirePublisher(String id) {
        known.require(id);
    }

    /**
     * Revokes a key, also one that only the catalogue in force knows. While the database is behind, the key is revoked in force first.
     *
     * @param trace leaves the trace of a key that is revoked only now
     * @throws dev.millrace.service.problem.ProblemException {@code publisher-unknown}, {@code key-unknown}, or {@code counters-unavailable}
     *     where the database does not know the key and Redis can't be asked
     */
    ResponseEntity<Void> revoke(String id, String number, Runnable trace) {
        boolean inForce = alone(() -> {
            Standing standing = publisher.standing().orElse(null);
            boolean isKnown = register.isKey(id, number);
            if (standing == null && !isKnown) {
                throw Problem.COUNTERS_UNAVAILABLE.because(
                        "the database has no key '%s' of '%s', and the catalogue in force can't be read", number, id);
            }
            boolean isRevoked = standing != null
                    && standing.behind() != null
                    && Kid.parse(id + "." + number)
                            .filter(kid -> isKnown || isKey(kid, standing.inForce()))
                            .map(publisher::revokeInForce)
                            .orElse(false);
            if (!isKnown && !isRevoked) {
                requirePublisher(id);
                throw Problem.KEY_UNKNOWN.because("publisher '%s' has no key '%s'", id, number);
            }
            if (register.revoke(id, number) || !isKnown) {
                trace.run();
            }
            return isRevoked;
        });
        return answer(HttpStatus.NO_CONTENT, publisher.publish() || inForce).build();
    }

    private static boolean isKey(Kid kid, Catalog catalog) {
        return switch (catalog.state(kid)) {
            case LIVE, REVOKED -> true;
            case NEWER, UNKNOWN -> false;
        };
    }

    private <T> T alone(Supplier<T> change) {
        try {
            return Objects.requireNonNull(transaction.execute(status -> {
                jdbc.sql("SELECT pg_advisory_xact_lock(hashtext('millrace.catalog'))")
                        .query()
                        .singleRow();
                return change.get();
            }));
        } catch (RuntimeException | Error e) {
            publisher.somethingMayHaveChanged(); // it may be committed, and only its answer lost
            throw e;
        }
    }
}
