package dev.millrace.ingest.receive;

import com.google.common.base.Ticker;
import com.google.common.cache.CacheBuilder;
import com.google.common.cache.CacheLoader;
import com.google.common.cache.LoadingCache;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A token bucket for each publisher. It holds the events of one second, and is full at first. Thread-safe.
 *
 * <p>The bucket is a time (the generic cell rate algorithm): when it will be full again. An event moves that time on by its share of a
 * second, and fits while the time is at most a second ahead.
 */
final class PublisherRates {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    /** A bucket unused for so long is full again, and as good as a new one. */
    private static final Duration FULL_AGAIN = Duration.ofMinutes(10);

    private final LoadingCache<String, AtomicLong> buckets;
    private final int usual;
    private final Ticker ticker;

    /**
     * @param usual events a second to this node of a publisher that has no limit of its own, 0 for any number
     * @param publishers most buckets kept, at least 1
     */
    PublisherRates(int usual, int publishers, Ticker ticker) {
        this.usual = usual;
        this.ticker = ticker;
        this.buckets = CacheBuilder.newBuilder()
                .maximumSize(publishers)
                .expireAfterAccess(FULL_AGAIN)
                .build(CacheLoader.from(_ -> new AtomicLong(ticker.read())));
    }

    /**
     * Whether a publisher may send an event now. Asked only for publishers that the catalogue has.
     *
     * @param own the publisher's own limit, events a second; null: it has none
     */
    boolean permits(String publisher, @Nullable Integer own) {
        if (own == null && usual == 0) {
            return true;
        }
        int rate = own == null ? usual : own;
        if (rate == 0) {
            return false;
        }
        AtomicLong bucket = buckets.getUnchecked(publisher);
        long now = ticker.read();
        while (true) {
            long full = bucket.get();
            long next = Math.max(full - now, 0) + SECOND / rate;
            if (next > SECOND) {
                return false;
            }
            if (bucket.compareAndSet(full, now + next)) {
                return true;
            }
        }
    }
}
