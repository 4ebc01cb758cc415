package dev.millrace.lab.path;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.counters.Partition;
import dev.millrace.local.testing.RedisNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged services on a primary and its replica that three sentinels watch, under load at two ingest nodes. What is answered waits for the
 * replica.
 */
@Tag("long")
class SentinelIT {
    private static final Duration INTERVAL = Duration.ofSeconds(2);
    private static final Duration GONE = Duration.ofSeconds(3);
    private static final int INGEST_NODES = 2;
    private static final int SENTINELS = 3;
    private static final int QUORUM = 2;

    @TempDir
    private static Path home;

    private static final List<RedisNode> nodes = new ArrayList<>();
    private static final List<RedisNode> sentinels = new ArrayList<>();
    private static WholePath path;

    @BeforeAll
    static void start() throws IOException {
        RedisNode one = node();
        RedisNode two = node();
        two.follow(one);
        patiently().until(two::isInSync);
        for (int i = 0; i < SENTINELS; i++) {
            sentinels.add(RedisNode.sentinel(home, one, QUORUM, GONE));
        }
        patiently().until(() -> sentinels.stream().allMatch(SentinelIT::knowsAll));
        path = new WholePath(
                "sentinel",
                INTERVAL,
                INGEST_NODES,
                Map.of("MILLRACE_REDIS_URL", url(), "MILLRACE_REDIS_ACK_REPLICAS", "1"));
    }

    private static RedisNode node() {
        RedisNode node = RedisNode.start(home, "--maxmemory", "256mb", "--maxmemory-policy", "noeviction");
        nodes.add(node);
        return node;
    }

    private static boolean knowsAll(RedisNode sentinel) {
        return sentinel.ask("SENTINEL REPLICAS millrace").equals("*1")
                && sentinel.ask("SENTINEL SENTINELS millrace").equals("*" + (SENTINELS - 1));
    }

    private static String url() {
        return sentinels.stream()
                .map(sentinel -> "127.0.0.1:" + sentinel.port())
                .collect(Collectors.joining(",", "redis-sentinel://", "#millrace"));
    }

    @AfterAll
    static void stopAndLeaveNoProcess() throws IOException {
        try {
            path.close();
        } finally {
            sentinels.forEach(RedisNode::close);
            nodes.forEach(RedisNode::close);
        }
    }

    /** All processes live on, and so do the connections until somebody finds out. */
    @Test
    void aFailoverAndBackLosesNothingAndPaysNothingTwice() throws Exception {
        RedisNode one = nodes.getFirst();
        RedisNode two = nodes.getLast();
        Lineages before = Lineages.of(path.stack().postgres());
        try (Readers readers = new Readers(path.api(), path.publisher("lab"), "c", INGEST_NODES)) {
            readers.awaitAccepted(Partition.all(), System.nanoTime());
            failOver(one, two, readers);
            Lineages there = Lineages.of(path.stack().postgres());
            assertThat(Partition.all()).allMatch(p -> there.number(p) > before.number(p));
            failOver(two, one, readers);
            Lineages back = Lineages.of(path.stack().postgres());
            assertThat(Partition.all()).allMatch(p -> back.number(p) > there.number(p));
            assertThat(back.openings()).as("nothing was lost").isEqualTo(Partition.COUNT);
            readers.finish();
            print(readers.toString());
            path.assertPaid(readers.earned());
        }
    }

    private static void failOver(RedisNode from, RedisNode to, Readers readers) {
        patiently()
                .until(() ->
                        sentinels.getFirst().ask("SENTINEL FAILOVER millrace").equals("+OK"));
        patiently().until(to::isPrimary);
        long promoted = System.nanoTime();
        patiently().until(() -> !from.isPrimary() && from.isInSync());
        long follows = System.nanoTime();
        print(
                "the old primary follows %.1f s after the new one was promoted, and all partitions count after %.1f s more"
                        .formatted((follows - promoted) / 1e9, readers.awaitAccepted(Partition.all(), follows)));
    }

    private static ConditionFactory patiently() {
        return Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(50))
                .ignoreExceptions(); // a node that changes its role ends all connections
    }

    private static void print(String text) {
        System.out.println("SentinelIT: " + text);
    }
}
