package dev.millrace.ingest.page;

import com.google.common.base.Ticker;
import dev.millrace.common.key.HmacSha256;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.Visitors;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The key of the day, as all nodes have it from Redis. A node remembers it and offers it again each minute: so a Redis that has lost it gets the same one
 * back, and visitors stay who they are. Thread-safe.
 */
public final class DayKeys implements PageVisitors.Keys {
    private static final Duration FRESH = Duration.ofMinutes(1);

    private static final int KEY_BYTES = 32;

    private final RedisConnections redis;
    private final Ticker ticker;
    private final SecureRandom random = new SecureRandom();
    private volatile @Nullable Known known;

    /** @param ticks when Redis had it, in nanoseconds */
    private record Known(long day, String text, HmacSha256 key, long ticks) {
        /** Without the key. */
        @Override
        public String toString() {
            return "Known[day=%d]".formatted(day);
        }
    }

    public DayKeys(RedisConnections redis, Ticker ticker) {
        this.redis = redis;
        this.ticker = ticker;
    }

    /**
     * @throws dev.millrace.counters.RedisUnavailableException when Redis can't be asked
     * @throws dev.millrace.counters.RedisRefusedException when it takes no key
     */
    @Override
    public HmacSha256 of(long day) {
        Known now = known;
        return now != null && isFresh(now, day) ? now.key() : ask(day);
    }

    /** One at a time: the others find what the first has asked. */
    private synchronized HmacSha256 ask(long day) {
        Known now = known;
        if (now != null && isFresh(now, day)) {
            return now.key();
        }
        String offered = now != null && now.day() == day ? now.text() : random();
        String inForce = Visitors.keyOfDay(redis.required(Visitors.OF_KEYS), day, offered);
        HmacSha256 key = new HmacSha256(inForce.getBytes(StandardCharsets.US_ASCII));
        known = new Known(day, inForce, key, ticker.read());
        return key;
    }

    private boolean isFresh(Known now, long day) {
        return now.day() == day && ticker.read() - now.ticks() < FRESH.toNanos();
    }

    private String random() {
        byte[] bytes = new byte[KEY_BYTES];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
