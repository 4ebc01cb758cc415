package dev.millrace.lab.stack;

import dev.millrace.common.token.Retention;
import dev.millrace.counters.Partition;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.function.LongConsumer;

/**
 * Fills the logs of the short class with identities that no event has, as if they had been counted lately ({@code remember.lua}): evenly over
 * the partitions, {@value #ENTRY} to an entry, as calls under load write them. The partitions are open, and nothing else is counted meanwhile.
 */
public final class Remembered {
    /** Identities of an entry: what a full section has. */
    public static final int ENTRY = 4_096;

    /** The oldest is so old: nothing of it is trimmed for two hours. */
    private static final Duration OLDEST = Duration.ofMinutes(10);

    private static final int UNDER_WAY = 32;

    /** Rounds of the partitions from one word about it to the next. */
    private static final int TOLD_EACH = 128;

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final byte[] CLASS = bytes(Retention.SHORT.wireName());

    private final SplittableRandom random;
    private final RedisAsyncCommands<byte[], byte[]> commands;
    private final String sha;
    private final Deque<RedisFuture<byte[]>> underWay = new ArrayDeque<>();

    private Remembered(long seed, RedisAsyncCommands<byte[], byte[]> commands, String sha) {
        this.random = new SplittableRandom(seed);
        this.commands = commands;
        this.sha = sha;
    }

    /**
     * Returns when Redis has all of them.
     *
     * @param url of Redis
     * @param identities rounded up to whole entries in each partition
     * @param seed the same gives the same identities
     * @param progress is told how many are there, now and then
     * @return how many
     */
    public static long fill(String url, long identities, long seed, LongConsumer progress) throws Exception {
        RedisClient client = RedisClient.create(url);
        client.setOptions(ClientOptions.builder().autoReconnect(false).build());
        try (StatefulRedisConnection<byte[], byte[]> connection = client.connect(ByteArrayCodec.INSTANCE)) {
            connection.setTimeout(PATIENCE);
            String sha = Objects.requireNonNull(connection.sync().scriptLoad(script()));
            return new Remembered(seed, connection.async(), sha).fill(identities, progress);
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        }
    }

    private long fill(long identities, LongConsumer progress) throws InterruptedException, ExecutionException {
        long entries = Math.ceilDiv(identities, (long) ENTRY * Partition.COUNT);
        long newest = System.currentTimeMillis();
        for (long entry = 0; entry < entries; entry++) {
            byte[] millis = bytes(Long.toString(newest - OLDEST.toMillis() * (entries - entry) / entries));
            for (Partition partition : Partition.all()) {
                write(partition, millis);
            }
            if (entry % TOLD_EACH == TOLD_EACH - 1) {
                progress.accept((entry + 1) * ENTRY * Partition.COUNT);
            }
        }
        while (!underWay.isEmpty()) {
            underWay.remove().get();
        }
        return entries * ENTRY * Partition.COUNT;
    }

    private void write(Partition partition, byte[] millis) throws InterruptedException, ExecutionException {
        ByteBuffer packed = ByteBuffer.allocate(ENTRY * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (packed.hasRemaining()) {
            packed.putLong(random.nextLong());
        }
        if (underWay.size() == UNDER_WAY) {
            underWay.remove().get();
        }
        byte[][] keys = {bytes(partition.ctl()), bytes(partition.log(Retention.SHORT))};
        underWay.add(commands.evalsha(sha, ScriptOutputType.VALUE, keys, CLASS, millis, packed.array()));
    }

    private static byte[] script() throws IOException {
        String name = "remember.lua";
        try (InputStream in = Objects.requireNonNull(Remembered.class.getResourceAsStream(name), name)) {
            return in.readAllBytes();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
