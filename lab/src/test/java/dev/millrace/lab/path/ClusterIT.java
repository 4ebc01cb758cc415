package dev.millrace.lab.path;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.counters.CatalogStore;
import dev.millrace.counters.Partition;
import dev.millrace.local.testing.RedisCluster;
import dev.millrace.local.testing.RedisNode;
import io.lettuce.core.cluster.SlotHash;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged services on a Redis Cluster of three primaries with a replica each, under load at two ingest nodes. What is answered waits for
 * the replica.
 */
@Tag("long")
class ClusterIT {
    private static final Duration INTERVAL = Duration.ofSeconds(2);
    private static final Duration NODE_TIMEOUT = Duration.ofSeconds(3);
    private static final int INGEST_NODES = 2;

    @TempDir
    private static Path home;

    private static RedisCluster cluster;
    private static WholePath path;
    private static NimbusPublisher publisher;

    private Lineages before;
    private Readers readers;

    @BeforeAll
    static void start() throws IOException {
        cluster = RedisCluster.start(
                home,
                3,
                1,
                NODE_TIMEOUT,
                "--cluster-replica-validity-factor", // a replica may be promoted however long it was cut off
                "0",
                "--maxmemory",
                "256mb",
                "--maxmemory-policy",
                "noeviction");
        path = new WholePath(
                "cluster",
                INTERVAL,
                INGEST_NODES,
                Map.of("MILLRACE_REDIS_URL", cluster.url(), "MILLRACE_REDIS_ACK_REPLICAS", "1"));
        publisher = path.publisher("lab");
    }

    @AfterAll
    static void stopAndLeaveNoProcess() throws IOException {
        try {
            path.close();
        } finally {
            cluster.close();
        }
    }

    @BeforeEach
    void read(TestInfo test) throws Exception {
        before = Lineages.of(path.stack().postgres());
        readers = new Readers(
                path.api(), publisher, "c-" + test.getTestMethod().orElseThrow().getName(), INGEST_NODES);
        readers.awaitAccepted(Partition.all(), System.nanoTime());
    }

    @AfterEach
    void stopReading() {
        readers.close();
    }

    /** Its replica lacks what it has counted and sealed last. */
    @Test
    void aPrimaryThatIsKilledLosesNothingThatWasAcknowledged() throws Exception {
        int catalog = SlotHash.getSlot(CatalogStore.TEXT);
        RedisNode primary = cluster.primaryOf(catalog);
        RedisNode witness = cluster.nodes().stream()
                .filter(node -> node != primary && node.isPrimary())
                .findFirst()
                .orElseThrow();
        List<Partition> hit = partitionsOf(primary);
        List<Partition> others = Partition.all().stream()
                .filter(partition -> !hit.contains(partition))
                .toList();

        primary.replicateNoMore();
        readers.awaitRefusal(hit, "0 of 1 replicas have acknowledged");
        assertThat(path.api().settle().status())
                .as("settled what its replica lacks")
                .isEqualTo(503);
        readers.awaitAccepted(others, System.nanoTime());
        long killed = System.nanoTime();
        primary.kill();
        awaitPrimary(catalog, witness, primary);
        print("another node serves the slots after %.1f s".formatted(seconds(killed)));
        print("the other primaries' partitions count after %.1f s"
                .formatted(readers.awaitAccepted(others, System.nanoTime())));
        long restarted = System.nanoTime();
        primary.restart();
        print("all partitions count %.1f s after it is back, as a replica"
                .formatted(readers.awaitAccepted(Partition.all(), restarted)));

        assertPaidOnce();
        assertThat(hit).allSatisfy(this::hasAnotherLineage);
        assertThat(primary.isPrimary()).isFalse();
        cluster.awaitHealth();
    }

    @Test
    void aSlotThatMovesLosesNothingAndPaysNothingTwice() throws Exception {
        Partition moved = Partition.of(5);
        int slot = SlotHash.getSlot(moved.ctl());
        RedisNode source = cluster.primaryOf(slot);
        RedisNode target = cluster.nodes().stream()
                .filter(node -> node != source && node.isPrimary())
                .findFirst()
                .orElseThrow();

        RedisCluster.beginMove(slot, source, target);
        RedisCluster.migrate(source, target, moved.ctl());
        readers.awaitRefusal(List.of(moved), "TRYAGAIN");
        for (String key : source.texts("CLUSTER GETKEYSINSLOT %d 1000".formatted(slot))) {
            RedisCluster.migrate(source, target, key);
        }
        readers.awaitRefusal(List.of(moved), "ASK");
        long ended = System.nanoTime();
        cluster.endMove(slot, source, target);
        print("the partition counts %.1f s after its slot has moved"
                .formatted(readers.awaitAccepted(List.of(moved), ended)));

        assertPaidOnce();
        assertThat(cluster.primaryOf(slot)).isSameAs(target);
        hasAnotherLineage(moved);
    }

    private void assertPaidOnce() throws Exception {
        readers.finish();
        print(readers.toString());
        path.assertPaid(readers.earned());
        assertThat(Lineages.of(path.stack().postgres()).openings())
                .as("nothing was lost")
                .isEqualTo(Partition.COUNT);
    }

    private void hasAnotherLineage(Partition partition) throws Exception {
        assertThat(Lineages.of(path.stack().postgres()).number(partition))
                .as("%s", partition)
                .isGreaterThan(before.number(partition));
    }

    private static List<Partition> partitionsOf(RedisNode primary) {
        return Partition.all().stream()
                .filter(partition -> cluster.primaryOf(partition.ctl()) == primary)
                .toList();
    }

    private static void awaitPrimary(int slot, RedisNode witness, RedisNode gone) {
        Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> cluster.primaryOf(slot, witness) != gone);
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }

    private static void print(String text) {
        System.out.println("ClusterIT: " + text);
    }
}
