package dev.millrace.ingest.catalog;

import com.google.common.base.Ticker;
import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.CatalogRefusedException;
import dev.millrace.common.catalog.SignedCatalog;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.common.message.OutageLog;
import dev.millrace.counters.CatalogStore;
import dev.millrace.counters.Link;
import dev.millrace.counters.RedisConnections;
import dev.millrace.ingest.verify.CountersUnavailableException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Follows the catalogue in Redis: asks for its revision again and again, and reads and verifies the text when that has changed. Takes none without
 * ledger-service's signature, and never one of a lower revision than it has seen: an old one that was signed once would make a revoked key live
 * again. Thread-safe.
 */
public final class CatalogFollower implements AutoCloseable {
    private final RedisConnections redis;
    private final MasterKeys masterKeys;
    private final Ticker ticker;
    private final Duration patience;
    private final OutageLog outage;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("catalog-follower").daemon().factory());

    private volatile @Nullable Known known;
    private volatile String trouble = "no catalogue has been read yet";

    /**
     * A verified catalogue.
     *
     * @param revision that stood beside the text
     * @param ticks when it was last seen to be in force, in nanoseconds
     */
    private record Known(Catalog catalog, String revision, long ticks) {}

    /** @param patience longest wait for Redis; a catalogue holds for twice as long after it was last seen to be in force */
    public CatalogFollower(RedisConnections redis, MasterKeys masterKeys, Ticker ticker, Duration patience) {
        this.redis = redis;
        this.masterKeys = masterKeys;
        this.ticker = ticker;
        this.patience = patience;
        this.outage = new OutageLog("Events are refused without a catalogue", ticker);
    }

    /** Looks at once, then again and again after so long a pause. */
    public void follow(Duration pause) {
        var _ = thread.scheduleWithFixedDelay(this::look, 0, pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The catalogue in force; empty where none was seen lately. */
    public Optional<Catalog> inForce() {
        Known now = known;
        return now == null || ticker.read() - now.ticks() > 2 * patience.toNanos()
                ? Optional.empty()
                : Optional.of(now.catalog());
    }

    /**
     * The same, or a failure that says why there is none.
     *
     * @throws CountersUnavailableException when there is none
     */
    public Catalog required() {
        return inForce()
                .orElseThrow(() -> new CountersUnavailableException(
                        trouble.isEmpty() ? "the catalogue was not seen lately" : trouble));
    }

    /** Age of the known catalogue, in seconds; infinite when there never was one. */
    public double ageSeconds() {
        Known now = known;
        return now == null ? Double.POSITIVE_INFINITY : (ticker.read() - now.ticks()) / 1e9;
    }

    /** Why there is none, or why it could not be read when it was last looked at; empty: nothing is wrong. */
    public String trouble() {
        return trouble;
    }

    private void look() {
        String now = "";
        try {
            Optional<Link> link = redis.catalog();
            if (link.isEmpty()) {
                now = "Redis: " + redis.trouble();
            } else {
                now = read(link.get());
            }
        } catch (CatalogRefusedException e) {
            now = String.valueOf(e.getMessage());
        } catch (Throwable e) { // an Error too: it would end the following
            Throwable cause = e.getCause() == null ? e : e.getCause();
            now = "the catalogue can't be read: " + cause.getMessage();
        }
        trouble = now;
        if (now.isEmpty()) {
            outage.over();
        } else {
            outage.failed(now);
        }
    }

    /** The reason why there is none, empty: there is one. */
    private String read(Link link) throws Exception {
        long asked = ticker.read();
        Optional<String> revision = answer(CatalogStore.revision(link));
        Known before = known;
        if (before != null && revision.isPresent() && revision.get().equals(before.revision())) {
            known = new Known(before.catalog(), before.revision(), asked);
            return "";
        }
        Optional<String> text = answer(CatalogStore.text(link));
        if (text.isEmpty() || revision.isEmpty()) {
            return "no catalogue is published yet; ledger-service does that";
        }
        Catalog catalog = SignedCatalog.verify(text.get(), masterKeys);
        if (before != null && catalog.revision() < before.catalog().revision()) {
            return "Redis holds revision %d of the catalogue, after this node has seen revision %d"
                    .formatted(catalog.revision(), before.catalog().revision());
        }
        if (!revision.get().equals(Long.toString(catalog.revision()))) {
            return "the catalogue is of revision %d, beside it stands '%s'"
                    .formatted(catalog.revision(), revision.get());
        }
        known = new Known(catalog, revision.get(), asked);
        return "";
    }

    private <T> T answer(CompletableFuture<T> future) throws Exception {
        return future.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
