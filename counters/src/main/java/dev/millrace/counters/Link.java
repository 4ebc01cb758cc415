package dev.millrace.counters;

import com.google.common.base.Ticker;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.IntegerListOutput;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A connection to one Redis process, and the last look's findings. The connection never reconnects, so all it carries reaches the same
 * process. Immutable but for the connection; thread-safe.
 */
public final class Link {
    /** A live process pauses for less than this. Restoring a store takes longer. */
    private static final long LEASE_SECONDS = 10;

    /** Errors of a server that the connection should not lead to; its name may lead elsewhere by now. The last two are what WAIT and WAITAOF get from a replica. */
    private static final String ASTRAY =
            "READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|MISCONF|UNBLOCKED|ERR WAIT(AOF)? cannot be used";

    private static final Pattern LEADS_ASTRAY = Pattern.compile("^(" + ASTRAY + ")\\b.*", Pattern.DOTALL);

    /** Errors that are about the server, not about the keys of a command: nothing works there now. */
    private static final Pattern OF_THE_SERVER =
            Pattern.compile("^(" + ASTRAY + "|BUSY|MOVED|ASK|TRYAGAIN)\\b.*", Pattern.DOTALL);

    /** Lettuce has no name for it. */
    private static final ProtocolKeyword WAITAOF = () -> "WAITAOF".getBytes(StandardCharsets.US_ASCII);

    private static final String NEEDED_OF_REPLICAS =
            "; like their primary they need appendonly yes and appendfsync always";

    private final StatefulRedisConnection<byte[], byte[]> connection;
    private final String address;
    private final String process;
    private final boolean waitsForFiles;
    private final long redisMicros;
    private final long ticks;
    private final Ticker ticker;
    private final RedisSettings settings;
    private final BiConsumer<Link, String> onTrouble;

    /**
     * @param process run id and replication id of the process
     * @param waitsForFiles whether its replicas are asked how much they have synced, not only received
     * @param redisMicros Redis' TIME in microseconds
     * @param ticks reading of the ticker when that TIME had arrived
     * @param onTrouble is told when Redis says that nothing works there now
     */
    Link(
            StatefulRedisConnection<byte[], byte[]> connection,
            String address,
            String process,
            boolean waitsForFiles,
            long redisMicros,
            long ticks,
            Ticker ticker,
            RedisSettings settings,
            BiConsumer<Link, String> onTrouble) {
        this.connection = connection;
        this.address = address;
        this.process = process;
        this.waitsForFiles = waitsForFiles;
        this.redisMicros = redisMicros;
        this.ticks = ticks;
        this.ticker = ticker;
        this.settings = settings;
        this.onTrouble = onTrouble;
    }

    StatefulRedisConnection<byte[], byte[]> connection() {
        return connection;
    }

    /** Host and port. */
    public String address() {
        return address;
    }

    /**
     * The process at the other end, {@code <run id>/<replication id>}: another one after each restart and each promotion.
     */
    public String process() {
        return process;
    }

    /** Redis' second now: behind the true one by at most a round trip, never ahead of it. */
    public long second() {
        return (redisMicros + (ticker.read() - ticks) / 1_000) / 1_000_000;
    }

    /**
     * The last second, by Redis' clock, at which a script may act on what its caller knows under a lock in another store. A caller that was
     * frozen after it had asked for the deadline does not notice that the lock is gone; the script refuses it. Ask before the statement that
     * proves the lock: so the deadline runs from a moment at which the lock was held.
     */
    public long leaseDeadline() {
        return second() + LEASE_SECONDS;
    }

    /** Longest wait for an answer. */
    Duration timeout() {
        return settings.timeout();
    }

    /** Age of the last look at this process, in nanoseconds. */
    public long ageNanos() {
        return ticker.read() - ticks;
    }

    /** Sends a command; it fails with a {@link RedisUnavailableException} or a {@link RedisRefusedException}. */
    <T> CompletableFuture<T> send(
            ProtocolKeyword command, CommandOutput<byte[], byte[], T> output, CommandArgs<byte[], byte[]> arguments) {
        return own(connection.async().dispatch(command, output, arguments));
    }

    /** A command of Lettuce's own, whose failures are understood as those of {@link #send} are. */
    <T> CompletableFuture<T> own(RedisFuture<T> answer) {
        return answer.toCompletableFuture().exceptionallyCompose(e -> CompletableFuture.failedFuture(understood(e)));
    }

    /**
     * Completes when so many replicas have all that was written through this connection before, at a server that syncs each write also in
     * their files ({@code WAITAOF}, Redis 7.2); at once where that is 0.
     *
     * @return fails with a {@link RedisUnavailableException} where they do not within the timeout
     */
    CompletableFuture<Void> replicated(int replicas, Duration timeout) {
        if (replicas == 0) {
            return CompletableFuture.completedFuture(null);
        }
        return (waitsForFiles ? synced(replicas, timeout) : received(replicas, timeout)).thenAccept(found -> {
            if (found < replicas) {
                throw new RedisUnavailableException(
                        "%d of %d replicas have acknowledged within %d ms (MILLRACE_REDIS_ACK_REPLICAS)%s"
                                .formatted(
                                        found, replicas, timeout.toMillis(), waitsForFiles ? NEEDED_OF_REPLICAS : ""));
            }
        });
    }

    private CompletableFuture<Long> received(int replicas, Duration timeout) {
        AsyncCommand<byte[], byte[], Long> wait = waitCommand(replicas, timeout);
        connection.dispatch(wait);
        return own(wait);
    }

    private static AsyncCommand<byte[], byte[], Long> waitCommand(int replicas, Duration timeout) {
        return new AsyncCommand<>(new Command<>(
                CommandType.WAIT,
                new IntegerOutput<>(ByteArrayCodec.INSTANCE),
                arguments().add(replicas).add(timeout.toMillis())));
    }

    /**
     * Sends WAIT and WAITAOF in one write, each with half of the timeout. A replica that gets WAITAOF's question together with a write answers with
     * what it had synced before that write, and the primary learns more only from its next report, a second later. WAIT's question makes it report
     * once it has synced.
     */
    private CompletableFuture<Long> synced(int replicas, Duration timeout) {
        Duration half = Duration.ofMillis(Math.max(1, timeout.toMillis() / 2)); // 0 would be for good
        AsyncCommand<byte[], byte[], Long> wait = waitCommand(replicas, half);
        AsyncCommand<byte[], byte[], List<Long>> waitAof = new AsyncCommand<>(new Command<>(
                WAITAOF,
                new IntegerListOutput<>(ByteArrayCodec.INSTANCE),
                arguments().add(0).add(replicas).add(half.toMillis())));
        connection.dispatch(List.of(wait, waitAof));
        return own(wait).thenCombine(own(waitAof), (_, files) -> files.getLast());
    }

    /**
     * The same, waiting for it.
     *
     * @throws RedisUnavailableException where they do not within the timeout
     */
    public void awaitReplicas(int replicas, Duration timeout) {
        await(replicated(replicas, timeout));
    }

    /**
     * Waits for an answer.
     *
     * @throws RedisUnavailableException when it does not come in time, or Redis can't be used
     * @throws RedisRefusedException when Redis answers with an error
     */
    <T> T await(CompletableFuture<T> answer) {
        try {
            return answer.get(settings.timeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RedisUnavailableException("interrupted", e);
        } catch (TimeoutException e) {
            throw new RedisUnavailableException(
                    "Redis at %s did not answer within %d ms"
                            .formatted(address, settings.timeout().toMillis()),
                    e);
        } catch (ExecutionException e) {
            throw understood(e);
        }
    }

    /** The failure as callers know it. */
    RuntimeException understood(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = String.valueOf(cause.getMessage());
        return switch (cause) {
            case RedisUnavailableException e -> e;
            case RedisRefusedException e -> e;
            case RedisCommandExecutionException e
            when isOfTheServer(message) -> {
                onTrouble.accept(this, message);
                yield new RedisUnavailableException("Redis at %s: %s".formatted(address, message), e);
            }
            case RedisCommandExecutionException e -> new RedisRefusedException(message, e);
            case RedisCommandTimeoutException e ->
                new RedisUnavailableException("Redis at %s did not answer in time".formatted(address), e);
            default ->
                new RedisUnavailableException(
                        "Redis at %s failed, or the connection to it broke".formatted(address), cause);
        };
    }

    /** Whether this error of the server means that the connection leads to the wrong place. */
    static boolean leadsAstray(String error) {
        return LEADS_ASTRAY.matcher(error).matches();
    }

    /** Whether this error says that no command works at the server now. */
    static boolean isOfTheServer(@Nullable String message) {
        return message != null && OF_THE_SERVER.matcher(message).matches();
    }

    static CommandArgs<byte[], byte[]> arguments() {
        return new CommandArgs<>(ByteArrayCodec.INSTANCE);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(Object bulk) {
        return new String((byte[]) bulk, StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return "Link[%s, process %s]".formatted(address, process);
    }
}
