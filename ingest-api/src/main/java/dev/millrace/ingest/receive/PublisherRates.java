package dev.millrace.ingest.receive;

import com.google.common.cache.CacheBuilder;
import com.google.common.cache.CacheLoader;
import com.google.common.cache.LoadingCache;
import com.google.common.util.concurrent.RateLimiter;
import java.time.Duration;

/**
 * A token bucket for each publisher, so that one of them can't take the whole node. A bucket holds the events of one second; a
 * request that finds it filled passes whole, and the next ones wait until it has been paid back. Thread-safe.
 */
final class PublisherRates {
    /** A bucket unused for so long is full again, and as good as a new one. */
    private static final Duration FULL_AGAIN = Duration.ofMinutes(10);

    private final LoadingCache<String, RateLimiter> buckets;
    private final boolean limited;

    /**
     * @param eventsPerSecond that a publisher may send to this node for long, 0 for any number
     * @param publishers most buckets kept, at least 1
     */
    PublisherRates(int eventsPerSecond, int publishers) {
        this.limited = eventsPerSecond > 0;
        this.buckets = CacheBuilder.newBuilder()
                .maximumSize(publishers)
                .expireAfterAccess(FULL_AGAIN)
                .build(CacheLoader.from(_ -> RateLimiter.create(eventsPerSecond)));
    }

    /** Whether a limit is set. */
    boolean isOn() {
        return limited;
    }

    /**
     * Whether a publisher may send so many events now. Asked only for publishers that the catalogue has.
     *
     * @param events at least 1
     */
    boolean permits(String publisher, int events) {
        return !limited || buckets.getUnchecked(publisher).tryAcquire(events);
    }
}
