package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.Retention;
import dev.millrace.counters.LogEntry;
import dev.millrace.counters.LogPages;
import dev.millrace.counters.LogPosition;
import dev.millrace.counters.Partition;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.RealServers;
import io.lettuce.core.RedisClient;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tokens of the last two hours come again, at nodes that have what was counted in slices of time. */
class OldTokensIT {
    private static final String CREATOR = "c-1";
    private static final Partition PARTITION = Partition.of(CREATOR);
    private static final int SLICES = 7;
    private static final int EACH = 20;

    /** A slice is an eighth of 130 minutes; a token lives for two hours. */
    private static final long APART = 976;

    private OpenCounters counters;

    @BeforeEach
    void start() {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
    }

    @AfterEach
    void stop() {
        counters.close();
    }

    @Test
    void aReplayOfEachSliceIsADuplicateAtEveryNodeWithoutACall() {
        List<String> batches = IntStream.rangeClosed(0, SLICES)
                .mapToObj(slice -> views("old", slice, (SLICES - slice) * APART))
                .toList();
        try (RunningIngest first = new RunningIngest(RealServers.redisUrl())) {
            batches.forEach(
                    batch -> assertThat(first.post(batch).count("accepted")).isEqualTo(EACH));
        }
        logThemWhenTheyWereIssued();

        try (RunningIngest one = new RunningIngest(RealServers.redisUrl());
                RunningIngest other = new RunningIngest(RealServers.redisUrl());
                Monitor monitor = new Monitor(RealServers.redisUrl(), counters)) {
            for (RunningIngest node : List.of(one, other)) {
                assertThat(node.metric("millrace_index_identities")).isEqualTo((SLICES + 1.0) * EACH);
                batches.forEach(
                        batch -> assertThat(node.post(batch).count("duplicate")).isEqualTo(EACH));
            }
            assertThat(monitor.calls()).as("calls of Redis").isZero();
            String again = views("new", 0, 0);
            assertThat(one.post(again).count("accepted")).isEqualTo(EACH);
            assertThat(other.post(again).count("duplicate")).isEqualTo(EACH);
        }
        assertThat(counters.earned(1, CREATOR)).isEqualTo((SLICES + 2) * EACH * 1_000L);
        assertThat(counters.units(1, "demo|c-1|/a|view|1")).isEqualTo((SLICES + 2L) * EACH);
    }

    /** The same entries, each with an ID of the time at which its tokens were issued. */
    private void logThemWhenTheyWereIssued() {
        List<LogEntry> entries = new LogPages(1_000, 100_000)
                .read(counters.link(PARTITION), PARTITION, LogPosition.NONE, LogPosition.NONE)
                .shortLog()
                .entries();
        assertThat(entries).hasSize(SLICES + 1);
        long now = counters.second();
        byte[] log = PARTITION.log(Retention.SHORT).getBytes(StandardCharsets.US_ASCII);
        List<String> ids = new ArrayList<>();
        RedisClient client = RedisClient.create(RealServers.redisUrl());
        try (StatefulRedisConnection<byte[], byte[]> bytes = client.connect(ByteArrayCodec.INSTANCE)) {
            bytes.sync().del(log);
            for (int slice = 0; slice <= SLICES; slice++) {
                ids.add((now - (SLICES - slice) * APART) * 1_000 + "-0");
                bytes.sync()
                        .xadd(
                                log,
                                new XAddArgs().id(ids.getLast()),
                                Map.of("f".getBytes(StandardCharsets.US_ASCII), identities(entries.get(slice))));
            }
        } finally {
            client.shutdown();
        }
        counters.redis().hset(PARTITION.ctl(), "short.last", ids.getLast());
    }

    private static byte[] identities(LogEntry entry) {
        ByteBuffer packed = ByteBuffer.allocate(entry.size() * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < entry.size(); i++) {
            packed.putLong(entry.identities().get(i));
        }
        return packed.array();
    }

    private String views(String name, int batch, long secondsAgo) {
        long issued = counters.second() - secondsAgo;
        return IntStream.range(0, EACH)
                .mapToObj(i -> Tokens.view(CREATOR, name + "-" + batch + "-" + i, issued, issued + 7_200))
                .collect(Collectors.joining("\n"));
    }
}
