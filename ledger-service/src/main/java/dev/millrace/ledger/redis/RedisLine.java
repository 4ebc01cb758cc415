package dev.millrace.ledger.redis;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisConnectionFactory;

/**
 * The line to Redis: commands of all requests go down one shared connection, which pipelines them. Thread-safe.
 *
 * <p>It never makes a request wait longer than {@link #PATIENCE} for an answer. While no connection has been made yet,
 * one request at a time tries to make it and the others wait for it no longer, so that they don't queue up behind timeouts.
 */
public final class RedisLine {
    /** How long one round trip may take; two of them and a failure fit into the two seconds a caller is promised. */
    static final Duration PATIENCE = Duration.ofMillis(800);

    private final RedisConnectionFactory factory;
    private final Semaphore connecting = new Semaphore(1);
    private volatile @Nullable RedisClusterAsyncCommands<byte[], byte[]> shared;

    RedisLine(RedisConnectionFactory factory) {
        this.factory = factory;
    }

    /**
     * Commands that return at once; {@link #await} waits for their answers.
     *
     * @throws RedisUnavailable when there is no connection
     */
    public RedisClusterAsyncCommands<byte[], byte[]> commands() throws RedisUnavailable {
        RedisClusterAsyncCommands<byte[], byte[]> commands = shared;
        return commands != null ? commands : connect();
    }

    private RedisClusterAsyncCommands<byte[], byte[]> connect() throws RedisUnavailable {
        if (!mayConnect()) {
            throw new RedisUnavailable("no connection yet");
        }
        try (RedisConnection connection = factory.getConnection()) {
            @SuppressWarnings("unchecked") // Spring's Lettuce connections hold exactly these
            RedisClusterAsyncCommands<byte[], byte[]> commands =
                    (RedisClusterAsyncCommands<byte[], byte[]>) connection.getNativeConnection();
            shared = commands;
            return commands;
        } catch (RuntimeException e) {
            throw new RedisUnavailable(reason(e));
        } finally {
            connecting.release();
        }
    }

    private boolean mayConnect() throws RedisUnavailable {
        try {
            return connecting.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RedisUnavailable("interrupted");
        }
    }

    /**
     * Waits until all have answered.
     *
     * @throws RedisUnavailable when one has failed or not answered in time
     */
    public static void await(Collection<? extends RedisFuture<?>> answers) throws RedisUnavailable {
        CompletableFuture<?>[] all =
                answers.stream().map(answer -> answer.toCompletableFuture()).toArray(CompletableFuture<?>[]::new);
        try {
            CompletableFuture.allOf(all).get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new RedisUnavailable("no answer within %d ms".formatted(PATIENCE.toMillis()));
        } catch (ExecutionException e) {
            throw new RedisUnavailable(reason(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RedisUnavailable("interrupted");
        }
    }

    /** Text as Redis holds it. */
    public static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Text from what Redis holds. */
    public static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static String reason(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }
}
