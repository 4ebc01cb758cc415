package dev.millrace.ledger.catalog;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.CatalogRefusedException;
import dev.millrace.common.catalog.SignedCatalog;
import dev.millrace.common.key.MasterKeys;
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
import java.util.function.Function;
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
    private final MasterKeys masterKeys;
    private final Counter forged;

    PublishedCatalog(RedisConnections redis, LedgerSettings settings, MeterRegistry metrics) {
        this.redis = redis;
        this.masterKeys = settings.keys();
        this.forged = Counter.builder("millrace.catalog.forged")
                .description("Catalogues found in Redis that this service had not signed, and replaced")
                .register(metrics);
    }

    /**
     * The catalogue in Redis.
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
        String text = null;
        Catalog catalog = null;
        try {
            text = get(CatalogStore::textNow);
            catalog = text == null ? null : SignedCatalog.verify(text, masterKeys);
        } catch (NoStringException | CatalogRefusedException e) {
            forged.increment();
            log.error("Somebody else has written the catalogue in Redis; it is replaced: {}", e.getMessage());
        }
        return new Held(text, catalog, revision());
    }

    private @Nullable String revision() {
        try {
            return get(CatalogStore::revisionNow);
        } catch (NoStringException e) {
            return null;
        }
    }

    /** Whether Redis holds exactly this. */
    boolean isStill(Held held) {
        try {
            return Objects.equals(get(CatalogStore::textNow), held.text())
                    && Objects.equals(get(CatalogStore::revisionNow), held.revision());
        } catch (NoStringException e) {
            return false;
        }
    }

    /**
     * Signs and publishes a catalogue, if Redis still holds the text that was read before.
     *
     * @return what Redis holds now, or empty when it holds something else than before
     */
    Optional<Held> replace(Held before, Catalog catalog) {
        return put(before, SignedCatalog.sign(catalog, masterKeys.newest()), catalog);
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

    /** The key holds a list, a hash, … */
    private static final class NoStringException extends Exception {
        private static final long serialVersionUID = 1L;

        NoStringException(Throwable cause) {
            super("the key is of another type", cause);
        }
    }

    private @Nullable String get(Function<Link, Optional<String>> key) throws NoStringException {
        try {
            return key.apply(redis.requiredCatalog()).orElse(null);
        } catch (RedisRefusedException e) {
            if (String.valueOf(e.getMessage()).startsWith("WRONGTYPE")) {
                throw new NoStringException(e);
            }
            throw e;
        }
    }
}
