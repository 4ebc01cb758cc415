package dev.millrace.lab.stack;

import dev.millrace.common.token.Retention;
import dev.millrace.counters.Partition;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;

/**
 * Fills the logs of the short class with identities that no event has, as if they had been counted lately ({@code remember.lua}). It
 * spreads them evenly over the partitions, {@value #ENTRY} to an entry, as calls under load write them. The partitions are open, and
 * nothing else is counted meanwhile.
 */
final class LogFiller {
    /** Identities of an entry: those of a full section. */
    private static final int ENTRY = 4_096;

    /** The oldest is so old: nothing of it is trimmed for two hours. */
    private static final Duration OLDEST = Duration.ofMinutes(10);

    /** Entries of each partition from one report of progress to the next. */
    private static final int REPORT = 128;

    private LogFiller() {}

    /**
     * Returns when Redis has all of them.
     *
     * @param identities rounded up to whole entries in each partition
     * @param seed the same gives the same identities
     * @param progress takes the number that is there, now and then
     */
    static void fill(RedisClient client, long identities, long seed, LongConsumer progress) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        long entries = Math.ceilDiv(identities, (long) ENTRY * Partition.COUNT);
        long newest = System.currentTimeMillis();
        byte[] script = script();
        byte[] shortLived = bytes(Retention.SHORT.wireName());
        try (StatefulRedisConnection<byte[], byte[]> redis = client.connect(ByteArrayCodec.INSTANCE)) {
            for (long entry = 1; entry <= entries; entry++) {
                byte[] millis = bytes(Long.toString(newest - OLDEST.toMillis() * (entries - entry) / entries));
                for (Partition partition : Partition.all()) {
                    byte[][] keys = {bytes(partition.ctl()), bytes(partition.log(Retention.SHORT))};
                    redis.sync().eval(script, ScriptOutputType.VALUE, keys, shortLived, millis, identities(random));
                }
                if (entry % REPORT == 0) {
                    progress.accept(entry * ENTRY * Partition.COUNT);
                }
            }
        }
    }

    private static byte[] identities(SplittableRandom random) {
        ByteBuffer packed = ByteBuffer.allocate(ENTRY * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (packed.hasRemaining()) {
            packed.putLong(random.nextLong());
        }
        return packed.array();
    }

    private static byte[] script() throws IOException {
        try (InputStream in = Objects.requireNonNull(LogFiller.class.getResourceAsStream("remember.lua"))) {
            return in.readAllBytes();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
