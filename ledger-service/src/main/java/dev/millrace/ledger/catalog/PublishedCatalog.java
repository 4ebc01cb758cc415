package dev.millrace.ledger.catalog;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.CatalogRefusedException;
import dev.millrace.common.catalog.SignedCatalog;
import dev.millrace.common.key.MasterKey;
import dev.millrace.counters.CatalogStore;
import dev.millrace.counters.Link;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.ledger.settings.LedgerSettings;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The catalogue as it stands in Redis: read, verified, and replaced only if it is still the one that was read. Whatever this service has not
 * signed counts for nothing, and is told. Thread-safe.
 */
class PublishedCatalog {
    private static final Logger log = LoggerFactory.getLogger(PublishedCatalog.class);

    private final RedisConnections redis;
    private final MasterKey masterKey;
    private final Counter forged;

    PublishedCatalog(RedisConnections redis, MasterKey masterKey, MeterRegistry metrics) {
        this.redis = redis;
        this.masterKey = masterKey;
        this.forged = Counter.builder("millrace.catalog.forged")
                .description("Catalogues found in Redis that this service had not signed, and replaced")
                .register(metrics);
    }

    /**
     * What Redis holds.
     *
     * @param text null: none, or a value that is no text
     * @param catalog null: there is none that ledger-service has signed
     * @param revision what stands beside it; null: nothing
     */
    record Held(
            @Nullable String text,
            @Nullable Catalog catalog,
            @Nullable String revision) {
        /** Whether who polls the revision learns of this catalogue. */
        boolean isToldBeside() {
            return catalog != null && Long.toString(catalog.revision()).equals(revision);
        }
    }

    /**
     * Reads and verifies.
     *
     * @throws RedisUnavailableException when Redis does not answer
     */
    Held read() {
        Link link = redis.requiredCatalog();
        CompletableFuture<Optional<String>> text = CatalogStore.text(link);
        CompletableFuture<Optional<String>> revision = CatalogStore.revision(link);
        String found = null;
        Catalog catalog = null;
        try {
            found = string(text);
            if (found != null) {
                catalog = SignedCatalog.verify(found, masterKey);
            }
        } catch (NoStringException | CatalogRefusedException e) {
            forged.increment();
            log.error("Somebody else has written the catalogue in Redis; it is replaced: {}", e.getMessage());
        }
        return new Held(found, catalog, revisionOf(revision));
    }

    /** Whether Redis holds exactly this. */
    boolean isStill(Held held) {
        Link link = redis.requiredCatalog();
        CompletableFuture<Optional<String>> text = CatalogStore.text(link);
        CompletableFuture<Optional<String>> revision = CatalogStore.revision(link);
        try {
            return Objects.equals(string(text), held.text()) && Objects.equals(string(revision), held.revision());
        } catch (NoStringException e) {
            return false;
        }
    }

    /**
     * Signs and publishes a catalogue, if Redis still holds what was read before.
     *
     * @return what Redis holds now, or empty when it holds something else than before
     */
    Optional<Held> replace(Held before, Catalog catalog) {
        return put(before, SignedCatalog.sign(catalog, masterKey), catalog);
    }

    /** The same catalogue, with its revision beside it. */
    Optional<Held> tellBeside(Held held, Catalog catalog) {
        return put(held, String.valueOf(held.text()), catalog);
    }

    private Optional<Held> put(Held before, String text, Catalog catalog) {
        return CatalogStore.publish(redis.requiredCatalog(), before.text(), text, catalog.revision())
                ? Optional.of(new Held(text, catalog, Long.toString(catalog.revision())))
                : Optional.empty();
    }

    private static @Nullable String revisionOf(CompletableFuture<Optional<String>> answer) {
        try {
            return string(answer);
        } catch (NoStringException e) {
            return null;
        }
    }

    /** The key holds a list, a hash, … */
    private static final class NoStringException extends Exception {
        private static final long serialVersionUID = 1L;

        NoStringException(Throwable cause) {
            super("the key is of another type", cause);
        }
    }

    private static @Nullable String string(CompletableFuture<Optional<String>> answer) throws NoStringException {
        try {
            return answer.get(LedgerSettings.REDIS_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                    .orElse(null);
        } catch (TimeoutException e) {
            throw new RedisUnavailableException(
                    "Redis did not answer within %d ms".formatted(LedgerSettings.REDIS_TIMEOUT.toMillis()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RedisUnavailableException("interrupted");
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RedisRefusedException refused
                when String.valueOf(refused.getMessage()).startsWith("WRONGTYPE") ->
                    throw new NoStringException(refused);
                case RuntimeException other -> throw other;
                case null, default -> throw new IllegalStateException(e);
            }
        }
    }
}
