package dev.millrace.settlement.seal;

import java.time.Duration;
import java.util.Objects;
import org.springframework.data.redis.connection.RedisServerCommands;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

/**
 * Keeps a worker that was frozen from acting on Redis by what it knew before. A lock on a cursor ends with its transaction,
 * but a worker that sleeps between its last statement and a script does not notice. So such a script is given a last
 * second, by Redis' own clock, and refuses after it.
 */
public final class Fence {
    /** Longer than any pause of a worker that is alive, shorter than it takes to restore a store. */
    private static final Duration WIDTH = Duration.ofSeconds(10);

    private final StringRedisTemplate redis;

    public Fence(StringRedisTemplate redis) {
        this.redis = redis;
    }

    /**
     * The last second, Unix time of Redis' clock, in which what is known under the lock may be acted on.
     *
     * @param alive a statement in the transaction that holds the lock; fails where it has ended. It runs after the clock was
     *     read, so that the fence stands from a moment at which the lock was held
     */
    public long until(Runnable alive) {
        long second = second(redis);
        alive.run();
        return second + WIDTH.toSeconds();
    }

    /** Redis' clock, Unix seconds. */
    public static long second(StringRedisTemplate redis) {
        Long millis = redis.execute((RedisCallback<Long>) connection -> {
            RedisServerCommands server = connection.serverCommands();
            return server.time();
        });
        return Objects.requireNonNull(millis) / 1_000;
    }
}
