package dev.millrace.settlement.seal;

import io.lettuce.core.RedisCommandExecutionException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.RedisServerCommands;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

/**
 * Whether Redis keeps what it has acknowledged. An epoch must be sealed on its disk before the database commits that it is
 * settled, and an event counted there before its sender hears of it.
 */
public final class RedisDurability {
    private static final List<String> WANTED =
            List.of("appendonly=yes", "appendfsync=always", "maxmemory-policy=noeviction");

    private final StringRedisTemplate redis;
    private final boolean required;

    /**
     * @param required whether a Redis that could lose something is refused, or only told of
     */
    public RedisDurability(StringRedisTemplate redis, boolean required) {
        this.redis = redis;
        this.required = required;
    }

    /** Why Redis could lose what it has acknowledged, or null when it could not. */
    public @Nullable String lacking() {
        try {
            List<String> missing = new ArrayList<>();
            for (String setting : WANTED) {
                String name = setting.substring(0, setting.indexOf('='));
                Properties found = config(name);
                if (found == null || !setting.equals(name + "=" + found.getProperty(name))) {
                    missing.add(setting.replace('=', ' '));
                }
            }
            return missing.isEmpty() ? null : "it runs without " + String.join(", ", missing);
        } catch (DataAccessException e) {
            if (NestedExceptionUtils.getMostSpecificCause(e) instanceof RedisCommandExecutionException refused) {
                return "it does not tell its settings: " + refused.getMessage();
            }
            throw e;
        }
    }

    private @Nullable Properties config(String name) {
        return redis.execute((RedisCallback<Properties>) connection -> {
            RedisServerCommands server = connection.serverCommands();
            return server.getConfig(name);
        });
    }

    /**
     * Goes on only where nothing can be lost, or where that is accepted.
     *
     * @throws IllegalStateException saying what is lacking and what to do
     */
    public void require() {
        require(lacking());
    }

    /** The same of what {@link #lacking} has just said. */
    public void require(@Nullable String lacking) {
        if (required && lacking != null) {
            throw new IllegalStateException(
                    "Redis is not durable: %s. Nothing is opened, confirmed or settled until it is; MILLRACE_REQUIRE_DURABLE_REDIS=false accepts that what it has acknowledged can be lost"
                            .formatted(lacking));
        }
    }
}
