package dev.millrace.lab.torture;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import dev.millrace.counters.Partition;
import dev.millrace.lab.torture.Deviations.Deviation;
import dev.millrace.local.testing.RealServers;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.ArrayOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** That the check of Redis finds what must not be: a partition of one settled epoch, tampered with in each way. */
class CounterAuditIT {
    private static final Partition PARTITION = Partition.of(4);
    private static final LedgerAudit.Cursor CURSOR = new LedgerAudit.Cursor(4, 1, 3_000, 3, 1, 1, 1, "");

    private final RedisClient client = RedisClient.create(RealServers.redisUrl());
    private final StatefulRedisConnection<String, String> connection = client.connect();

    @BeforeEach
    void settledOnce() {
        RealServers.flushRedis();
        run("HSET ctl lineage 1 epoch 2 opened 1 since 0 micros 3000 events 3");
        run("HSET ctl short.last 5-0 short.length 1 short.floor 0 short.logged 3");
        run("HSET ctl long.last 0-0 long.length 0 long.floor 0 long.logged 0");
        run("XADD log:short 5-0 f aaaaaaaabbbbbbbbcccccccc");
    }

    @AfterEach
    void close() {
        connection.close();
        client.shutdown();
    }

    @Test
    void aSoundPartitionHasNoDifference() {
        assertThat(deviations()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    HSET ctl epoch 3                                                              | partition 04: pointer in Redis
                    HSET ctl lineage 2                                                            | partition 04: lineage in Redis
                    HSET ctl opened 2                                                             | partition 04: lineage of its opening
                    HSET ctl micros 3001                                                          | partition 04: micros ever counted
                    HSET ctl events 4                                                             | partition 04: events ever counted
                    HSET earn:2 creator-1 5                                                       | keys of the open epoch
                    XADD engage:2 1-0 r x                                                         | keys of the open epoch
                    HSET folded:2 x 1                                                             | keys of the open epoch
                    HSET quarantine:2:earn:1 creator-1 5                                          | hashes in quarantine
                    XDEL log:short 5-0                                                            | partition 04: logs
                    XADD log:short 6-0 f dddddddd                                                 | partition 04: logs
                    SET log:long x                                                                | partition 04: logs
                    XADD log:short 6-0 f dddddddd;HSET ctl short.last 6-0 short.length 2          | partition 04: identities in the logs
                    XADD log:short 6-0 f bbbbbbbb;HSET ctl short.last 6-0 short.length 2          | partition 04: a log
                    """)
    void whatIsTamperedWithIsFound(String commands, String what) {
        Splitter.on(';').split(commands).forEach(this::run);
        assertThat(deviations()).extracting(Deviation::what).contains(what);
    }

    private static List<Deviation> deviations() {
        Deviations deviations = new Deviations(10);
        new CounterAudit(deviations).compare(RealServers.redisUrl(), List.of(CURSOR));
        return deviations.first();
    }

    /** The first argument is the key, without the partition's tag. */
    private void run(String command) {
        List<String> words = Splitter.on(' ').splitToList(command);
        CommandArgs<String, String> arguments =
                new CommandArgs<>(StringCodec.UTF8).addKey(PARTITION.tag() + words.get(1));
        words.subList(2, words.size()).forEach(arguments::add);
        connection
                .sync()
                .dispatch(CommandType.valueOf(words.getFirst()), new ArrayOutput<>(StringCodec.UTF8), arguments);
    }
}
