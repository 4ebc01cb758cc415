package dev.millrace.counters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.base.Ticker;
import dev.millrace.common.message.SettingException;
import dev.millrace.common.token.Retention;
import dev.millrace.counters.TestNode.Event;
import dev.millrace.local.testing.RedisCluster;
import dev.millrace.local.testing.RedisNode;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.SlotHash;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One node, replicas, sentinels, a cluster: real processes that change their roles under living connections. */
class RedisConnectionsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final Partition PARTITION = Partition.of(5);

    @TempDir
    private Path home;

    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened.reversed()) {
            one.close();
        }
    }

    private <T extends AutoCloseable> T closed(T one) {
        opened.add(one);
        return one;
    }

    private RedisNode node(String... settings) {
        return closed(RedisNode.start(home, settings));
    }

    /** One that has the primary's data, and follows. */
    private RedisNode replicaOf(RedisNode primary, String... settings) {
        RedisNode replica = node(settings);
        replica.follow(primary);
        untilSynchronised(replica);
        return replica;
    }

    /** Usable ones to the primary that a sentinel names. */
    private RedisConnections connectionsBy(RedisNode sentinel) {
        RedisConnections connections = connections("redis-sentinel://127.0.0.1:%d#millrace".formatted(sentinel.port()));
        until(connections, connections::isUsable);
        return connections;
    }

    private RedisConnections connections(String url) {
        return closed(new RedisConnections(new RedisSettings(url, PATIENCE, PATIENCE), Ticker.systemTicker()));
    }

    private static void until(RedisConnections connections, Supplier<Boolean> condition) {
        await().atMost(LONG).pollInterval(Duration.ofMillis(50)).until(() -> {
            connections.look();
            return condition.get();
        });
    }

    private static void untilSynchronised(RedisNode replica) {
        await().atMost(LONG).pollInterval(Duration.ofMillis(20)).until(replica::isInSync);
    }

    // One node.

    @Test
    void oneNodeServesAllPartitionsAndTheCatalogue() {
        RedisConnections connections = connections(node().url());
        assertThat(connections.link(PARTITION)).as("before the first look").isEmpty();
        assertThat(connections.isUsable()).isFalse();
        assertThatThrownBy(() -> connections.required(PARTITION)).isInstanceOf(RedisUnavailableException.class);
        connections.look();
        assertThat(connections.isUsable()).isTrue();
        assertThat(connections.trouble()).isEmpty();
        assertThat(connections.isCluster()).isFalse();
        assertThat(connections.all()).hasSize(1);
        assertThat(Partition.all())
                .allMatch(p -> connections.required(p) == connections.all().getFirst());
        assertThat(connections.catalog()).contains(connections.all().getFirst());
        assertThat(connections.second()).isPresent();
    }

    @Test
    void aRestartedServerIsAnotherProcess() {
        RedisNode server = node();
        RedisConnections connections = connections(server.url());
        connections.look();
        Link before = connections.required(PARTITION);
        server.kill();
        await().atMost(LONG).until(() -> connections.link(PARTITION).isEmpty());
        assertThatThrownBy(() -> PartitionState.read(before, PARTITION, 1))
                .isInstanceOf(RedisUnavailableException.class);
        connections.look();
        assertThat(connections.isUsable()).isFalse();
        assertThat(connections.trouble()).isNotEmpty();
        server.restart();
        connections.look();
        assertThat(connections.required(PARTITION).process()).isNotEqualTo(before.process());
        assertThat(connections.trouble()).isEmpty();
    }

    @Test
    void aServerThatDoesNotAnswerGrowsOld() {
        RedisNode server = node();
        FakeTicker ticker = new FakeTicker();
        Duration patience = Duration.ofMillis(200);
        RedisConnections connections =
                closed(new RedisConnections(new RedisSettings(server.url(), patience, patience), ticker));
        until(connections, connections::isUsable);
        Link before = connections.required(PARTITION);
        server.freeze();
        try {
            ticker.advance(patience.multipliedBy(2));
            assertThat(connections.link(PARTITION)).contains(before);
            ticker.advance(Duration.ofNanos(1));
            assertThat(connections.link(PARTITION)).isEmpty();
            assertThatThrownBy(() -> PartitionState.read(before, PARTITION, 1))
                    .isInstanceOf(RedisUnavailableException.class)
                    .hasMessageContaining("did not answer");
        } finally {
            server.resume();
        }
        until(connections, connections::isUsable);
    }

    private static final class FakeTicker extends Ticker {
        private long nanos = 1_000_000_000_000L;

        void advance(Duration by) {
            nanos += by.toNanos();
        }

        @Override
        public long read() {
            return nanos;
        }
    }

    @Test
    void aClusterOfOneNodeIsACluster() {
        RedisConnections connections = connections(cluster(1).url());
        until(connections, connections::isUsable);
        assertThat(connections.isCluster()).isTrue();
    }

    // URLs.

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://app:S3cr3t pass@h:6379",
                "redis://app:S3cr3t/x@h:6379",
                "redis://app:12S3cr3t#x@h:6379",
                "redis://app:S3cr3t@x@h:6379",
                "redis://:S3cr3t/@h",
                "redis://app:S3cr3t%@h:6379",
                "redis://app:S3cr3t@h:port",
                "redis://app:S3cr3t@",
                "http://app:S3cr3t@h:6379",
                "app:S3cr3t@h:6379",
                "redis:/app:S3cr3t@h",
                "redis-sentinel://app:S3cr3t pass@h:1#m",
                "rediss://app:S3cr3t\\@h:6379",
                "redis://app:S3cr3t[@h:6379",
                "redis://S3cr3t?x@h",
                "redis://app:S3cr3t^@h:6379,h2:6379",
                "redis-sentinel://S3cr3t@h:x#m",
                "redis://app:x@S3cr3t@h:6379",
                "redis://app:1234?S3cr3t@h:6379",
                "redis://app:1234/S3cr3t@h:6379",
                "redis://app:1234#S3cr3t@h:6379",
                "redis-sentinel://app:1?S3cr3t@h:1#m"
            })
    void noPasswordIsEverShown(String url) {
        assertThatThrownBy(() -> new RedisSettings(url, PATIENCE, PATIENCE))
                .isInstanceOf(SettingException.class)
                .hasMessageContaining("MILLRACE_REDIS_URL")
                .hasMessageNotContaining("S3cr3t")
                .hasNoCause();
        RedisSettings good = new RedisSettings("redis://app:S3cr3t@h:6379", PATIENCE, PATIENCE);
        assertThat(good).hasToString("RedisSettings[redis://h:6379]");
    }

    /** Up to a character that ends it, an unencoded password would be a port. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://app:1234?x@h:6379", "redis://app:1234/x@h:6379", "redis://app:1234#x@h:6379",
                "redis-sentinel://app:1234?x@h:1#m", "redis-sentinel://app:1234/x@h:1#m", "redis://a@b@h"
            })
    void aPasswordThatIsNotEncodedIsRefused(String url) {
        assertThatThrownBy(() -> new RedisSettings(url, PATIENCE, PATIENCE))
                .isInstanceOf(SettingException.class)
                .hasMessageNotContaining("1234");
    }

    @Test
    void aPasswordOfTheUrlIsUsed() {
        RedisNode server = node("--requirepass", "S3cr3t pass/@");
        RedisConnections wrong = connections(server.url());
        wrong.look();
        assertThat(wrong.isUsable()).isFalse();
        assertThat(wrong.trouble()).contains("NOAUTH");
        RedisConnections right = connections("redis://:S3cr3t%20pass%2F%40@127.0.0.1:" + server.port());
        right.look();
        assertThat(right.isUsable()).isTrue();
    }

    @Test
    void aNodeThatReadsItsFileIsNotUsableUntilItHasReadIt() {
        RedisNode node = node("--key-load-delay", "400"); // 2.4 s for what is written here
        try (RedisClient client = RedisClient.create(node.url());
                StatefulRedisConnection<String, String> writer = client.connect()) {
            List<RedisFuture<String>> written = IntStream.range(0, 6_000)
                    .mapToObj(i -> writer.async().set("key:" + i, "x"))
                    .toList();
            assertThat(LettuceFutures.awaitAll(LONG, written.toArray(RedisFuture[]::new)))
                    .isTrue();
        }
        RedisConnections connections = connections(node.url());
        connections.look();
        String before = connections.required(PARTITION).process();

        node.kill();
        node.start();
        until(connections, () -> connections.trouble().endsWith(": it is loading its data"));
        assertThat(connections.isUsable()).isFalse();
        assertThat(connections.link(PARTITION)).isEmpty();

        until(connections, connections::isUsable);
        assertThat(connections.required(PARTITION).process()).isNotEqualTo(before);
        assertThat(node.ask("EXISTS key:5999")).isEqualTo(":1");
    }

    // Replicas.

    @Test
    void aNameThatLeadsToAReplicaIsUsableOnceItIsThePrimary() {
        RedisNode primary = node();
        RedisNode replica = replicaOf(primary);
        RedisConnections connections = connections(replica.url());
        connections.look();
        assertThat(connections.isUsable()).isFalse();
        assertThat(connections.link(PARTITION)).isEmpty();
        assertThat(connections.trouble()).isEqualTo("127.0.0.1:%d: it is a replica".formatted(replica.port()));

        replica.promote();
        connections.look();
        assertThat(connections.isUsable()).isTrue();
        assertThat(connections.trouble()).isEmpty();
    }

    @Test
    void aPrimaryThatBecomesAReplicaUnderTheConnectionIsGivenUpAtTheFirstRefusal() {
        RedisNode primary = node();
        RedisNode other = node();
        RedisConnections connections = connections(primary.url());
        connections.look();
        Link before = connections.required(PARTITION);
        primary.follow(other);
        untilSynchronised(primary);

        assertThatThrownBy(() -> CatalogStore.publish(before, null, "x", 1))
                .isInstanceOf(RedisUnavailableException.class)
                .hasMessageContaining("READONLY");
        await().atMost(LONG)
                .until(() -> !connections.isUsable() && !before.connection().isOpen());
        assertThat(connections.trouble()).containsAnyOf("READONLY", "replica");

        primary.promote();
        until(connections, connections::isUsable);
        assertThat(connections.required(PARTITION).process()).isNotEqualTo(before.process());
    }

    /**
     * A failover goes back and forth between two looks. Processes and connections stay, both sides have written an entry of the same ID;
     * lineage and process tell them apart.
     */
    @Test
    void aFailoverBackAndForthPaysNothingTwiceAndShowsInTheProcess() {
        RedisNode one = node();
        RedisNode two = node();
        TestRedis first = closed(new TestRedis(one.url()));
        TestRedis second = closed(new TestRedis(two.url()));
        TestPartition here = new TestPartition(first, PARTITION).open();
        // The log's last ID lies ahead of both clocks, so that both sides number their next entry alike.
        String ahead = (first.second() + 1_000) * 1_000 + "-0";
        first.plain().xadd(PARTITION.log(Retention.SHORT), new XAddArgs().id(ahead), Map.of("f", "01234567"));
        here.set("short.last", ahead);
        here.set("short.length", 1);
        here.set("short.logged", 1);
        two.follow(one);
        untilSynchronised(two);
        Link living = first.connections().required(PARTITION);
        long now = here.knownSecond();
        await().atMost(LONG)
                .until(() -> Long.toString(now).equals(second.plain().hget(PARTITION.ctl(), Ctl.CLOCK)));

        // There: the replica is promoted, compared with the ledger under the next lineage, and counts event 2.
        two.promote();
        second.connections().look();
        TestPartition there = new TestPartition(second, PARTITION);
        assertThat(Opening.raise(there.link(), PARTITION, "1", "1", 2, 61, second.second()))
                .isZero();
        there.confirm();
        TestNode thatNode = new TestNode(there).in(2, 1).at(Retention.SHORT, new LogPosition(2, ahead, 1));
        assertThat(thatNode.verdicts(Event.of(2, "alice", 1_000, now))).isEqualTo("A");
        // Here: the old primary has not heard of it yet, and counts event 1.
        TestNode thisNode = new TestNode(here).at(Retention.SHORT, new LogPosition(1, ahead, 1));
        assertThat(thisNode.verdicts(Event.of(1, "alice", 1_000, now))).isEqualTo("A");
        assertThat(here.log(Retention.SHORT)).isEqualTo(there.log(Retention.SHORT));

        // And back, with all connections alive.
        one.follow(two);
        untilSynchronised(one);
        one.promote();
        TestNode.Event event = Event.of(2, "alice", 1_000, now);
        assertThat(thisNode.send(event))
                .as("what it knew was of another process")
                .isInstanceOf(TallyReply.Refused.class);
        first.connections().look();
        Link same = first.connections().required(PARTITION);
        assertThat(same.connection()).isSameAs(living.connection());
        assertThat(runId(same)).isEqualTo(runId(living));
        assertThat(same.process()).isNotEqualTo(living.process());

        assertThat(Opening.raise(same, PARTITION, "1", "2", 3, 61, first.second()))
                .isZero();
        here.confirm();
        assertThat(thisNode.send(event)).isEqualTo(new TallyReply.Anew("another lineage"));
        assertThat(new TestNode(here).in(3, 1).verdicts(event)).isEqualTo("D");
        assertThat(here.earned("alice")).isEqualTo("1000");
    }

    private static String runId(Link link) {
        return link.process().substring(0, link.process().indexOf('/'));
    }

    @Test
    void anAnswerThatTheReplicasLackIsAFailureAndTheRetryADuplicate() {
        RedisNode primary = node();
        RedisNode replica = node();
        TestRedis redis = closed(new TestRedis(primary.url()));
        TestPartition partition = new TestPartition(redis, PARTITION).open();
        replica.follow(primary);
        untilSynchronised(replica);
        await().atMost(LONG).until(() -> redis.plain().waitForReplication(1, 100) == 1);
        long now = partition.knownSecond();
        TestNode patient =
                new TestNode(partition, new TallyScript(TestNode.KEY, TestNode.LEAP, 1, Duration.ofSeconds(30)));
        TestNode node = new TestNode(partition, new TallyScript(TestNode.KEY, TestNode.LEAP, 1, Duration.ofMillis(50)));
        Event event = Event.of(1, "alice", 1_000, now);

        replica.freeze();
        try {
            for (int i = 0; i < 2; i++) { // the second one counts nothing, and is no proof either
                assertThatThrownBy(() -> node.send(event))
                        .isInstanceOf(RedisUnavailableException.class)
                        .hasMessageStartingWith("0 of 1 replicas have acknowledged within 50 ms");
            }
        } finally {
            replica.resume();
        }
        assertThat(patient.verdicts(event)).isEqualTo("D");
        assertThat(partition.earned("alice")).isEqualTo("1000");
        assertThat(replica.ask("HGET %s alice".formatted(PARTITION.earn(1)))).startsWith("$4");
    }

    /** Redis 7.2 can tell what its replicas have synced; an earlier one only what they have received. */
    @Test
    void replicasAreWaitedForByTheirFilesWhereTheServerCanAndSyncsEachWrite() {
        RedisNode primary = node();
        RedisNode replica = replicaOf(primary, "--appendonly", "no");
        RedisConnections connections = connections(primary.url());
        connections.look();
        Link link = connections.required(PARTITION);
        assertThat(CatalogStore.publish(link, null, "x", 1)).isTrue();
        boolean knows = !primary.texts("INFO server").getFirst().contains("redis_version:7.0");
        if (knows) {
            assertThatThrownBy(() -> link.awaitReplicas(1, Duration.ofMillis(200)))
                    .isInstanceOf(RedisUnavailableException.class)
                    .hasMessage(
                            "0 of 1 replicas have acknowledged within 200 ms (MILLRACE_REDIS_ACK_REPLICAS); like their"
                                    + " primary they need appendonly yes and appendfsync always");
            replica.ask("CONFIG SET appendonly yes appendfsync always");
        }
        link.awaitReplicas(1, LONG);
        assertThat(primary.texts("INFO commandstats").getFirst().contains("cmdstat_waitaof:"))
                .isEqualTo(knows);
    }

    /** A replica reports by itself once a second. A wait that is shorter succeeds only if the replica is asked after it has synced. */
    @Test
    void theWaitForReplicasDoesNotStallWhereItTravelsWithAWrite() {
        RedisNode primary = node();
        replicaOf(primary);
        RedisConnections connections = connections(primary.url());
        connections.look();
        Link link = connections.required(PARTITION);
        assertThat(CatalogStore.publish(link, null, "x", 1)).isTrue();
        link.awaitReplicas(1, LONG); // until its file is rewritten after it took all data
        for (int i = 0; i < 20; i++) {
            link.connection().setAutoFlushCommands(false);
            RedisFuture<String> written = link.connection().async().set(Link.bytes("key"), Link.bytes("x"));
            CompletableFuture<Void> acknowledged = link.replicated(1, Duration.ofMillis(800));
            link.connection().setAutoFlushCommands(true);
            link.connection().flushCommands();
            assertThat(link.await(link.own(written))).isEqualTo("OK");
            link.await(acknowledged);
        }
    }

    @Test
    void whereWritesAreSyncedEachSecondReplicasAreWaitedForByWhatTheyHaveReceived() {
        RedisNode primary = node("--appendfsync", "everysec");
        replicaOf(primary);
        RedisConnections connections = connections(primary.url());
        connections.look();
        Link link = connections.required(PARTITION);
        assertThat(CatalogStore.publish(link, null, "x", 1)).isTrue();
        link.awaitReplicas(1, LONG);
        assertThat(primary.texts("INFO commandstats").getFirst())
                .contains("cmdstat_wait:")
                .doesNotContain("cmdstat_waitaof:");
    }

    /** What another connection has written is waited for by writing something behind it. */
    @Test
    void aSealThatTheReplicasLackIsNotAcknowledgedWhoeverHasSealed() {
        RedisNode primary = node();
        RedisNode replica = node();
        TestRedis redis = closed(new TestRedis(primary.url()));
        new TestPartition(redis, PARTITION).open();
        replica.follow(primary);
        untilSynchronised(replica);
        await().atMost(LONG).until(() -> redis.plain().waitForReplication(1, 100) == 1);
        redis.connections().look(); // its first replica gives it another replication id
        new TestPartition(redis, PARTITION).confirm();
        RedisConnections other = connections(primary.url());
        other.look();

        replica.freeze();
        try {
            assertThat(seal(redis.connections(), 0, Duration.ZERO)).isEqualTo(new Sealing.Result.SealedBelow(2, true));
            assertThat(seal(other, 1, Duration.ofMillis(50))).isInstanceOf(Sealing.Result.Unreplicated.class);
        } finally {
            replica.resume();
        }
        assertThat(seal(other, 1, LONG)).isEqualTo(new Sealing.Result.SealedBelow(2, false));
    }

    private static Sealing.Result seal(RedisConnections connections, int ackReplicas, Duration timeout) {
        Link link = connections.required(PARTITION);
        return new Sealing(TestPartition.SPANS, ackReplicas, timeout).seal(link, PARTITION, 0, 1, link.second());
    }

    @Test
    void aPrimaryThatBecomesAReplicaWhileItWaitsForItsOwnIsUnusable() {
        RedisNode primary = node();
        RedisNode other = node();
        RedisConnections connections = connections(primary.url());
        connections.look();
        Link before = connections.required(PARTITION);
        CompletableFuture<Void> waiting = before.replicated(1, LONG);
        await().atMost(LONG)
                .until(() -> primary.texts("INFO clients").getFirst().contains("blocked_clients:1"));
        primary.follow(other);
        assertThatThrownBy(() -> before.await(waiting))
                .isInstanceOf(RedisUnavailableException.class)
                .hasMessageContaining("UNBLOCKED");
        assertThatThrownBy(() -> before.awaitReplicas(1, LONG)).isInstanceOf(RedisUnavailableException.class);
        await().atMost(LONG).until(() -> !before.connection().isOpen());
    }

    // Sentinels.

    @Test
    void thePrimaryThatTheSentinelsNameIsFoundAndFollowed() {
        RedisNode primary = node();
        RedisNode replica = replicaOf(primary);
        RedisNode sentinel = closed(RedisNode.sentinel(home, primary, 1, Duration.ofMillis(500)));
        RedisConnections connections = connectionsBy(sentinel);
        Link before = connections.required(PARTITION);
        assertThat(CatalogStore.publish(before, null, "x", 1)).isTrue();
        // The sentinel hears of the replica from the primary.
        await().atMost(LONG)
                .until(() -> sentinel.ask("SENTINEL REPLICAS millrace").equals("*1"));
        await().atMost(LONG).until(() -> replica.ask("GET catalog").equals("$1"));

        primary.kill();
        until(connections, connections::isUsable);

        Link after = connections.required(PARTITION);
        assertThat(after.process()).isNotEqualTo(before.process());
        assertThat(CatalogStore.publish(after, "x", "y", 2)).isTrue();
        assertThat(replica.ask("GET {catalog}:revision")).isEqualTo("$1");
    }

    /** Its old primary stays one: it does not take the sentinel's word. */
    @Test
    void theSentinelsAreFollowedWhileTheOldPrimaryStillTakesWrites() {
        RedisNode primary = node();
        RedisNode replica = replicaOf(primary);
        RedisNode sentinel = closed(RedisNode.sentinel(home, primary, 1, Duration.ofSeconds(30)));
        RedisConnections connections = connectionsBy(sentinel);
        Link before = connections.required(PARTITION);
        primary.ask("ACL SETUSER default -slaveof -replicaof");
        await().atMost(LONG)
                .until(() -> sentinel.ask("SENTINEL FAILOVER millrace").equals("+OK"));

        until(
                connections,
                () -> connections
                        .link(PARTITION)
                        .filter(link -> !link.process().equals(before.process()))
                        .isPresent());

        assertThat(primary.isPrimary()).isTrue();
        assertThat(before.connection().isOpen()).isFalse();
        assertThat(CatalogStore.publish(connections.required(PARTITION), null, "x", 1))
                .isTrue();
        assertThat(replica.ask("GET catalog")).isEqualTo("$1");
    }

    // A cluster of three primaries.

    private RedisCluster cluster(int primaries) {
        return closed(RedisCluster.start(home, primaries, 0, Duration.ofSeconds(2)));
    }

    private static Opening.Result open(RedisConnections connections, Partition partition) {
        Link link = connections.required(partition);
        return Opening.open(
                link,
                partition,
                new Opening.Plan("", "", 1, 1, 0, 0, 0, link.second() + 60, 0, 0, link.second(), 5, List.of()));
    }

    private static boolean confirm(RedisConnections connections, Partition partition) {
        Link link = connections.required(partition);
        return Opening.confirm(link, partition, "1", 1, link.second(), 5, TestPartition.SPANS);
    }

    private static TallyReply count(Link link, Partition partition, long identity, String creator) {
        long now = link.second();
        TallySection section = new TallySection(partition, Retention.SHORT, 1);
        Event event = Event.of(identity, creator, 1_000, now);
        section.add(identity, event.name(), 1, 1_000, now, now + 60, now - 60);
        TallyScript script = new TallyScript(TestNode.KEY, TestNode.LEAP, 0, Duration.ZERO);
        return link.await(script.count(link, List.of(new TallyScript.Part(section, new LogPosition(1, "0-0", 0), 1))))
                .sections()
                .getFirst();
    }

    @Test
    void theNodesOfAClusterShareThePartitions() {
        RedisCluster cluster = cluster(3);
        List<RedisNode> nodes = cluster.nodes();
        // Two seeds, one of which is nowhere.
        RedisConnections connections = connections(
                "redis://127.0.0.1:1,127.0.0.1:%d".formatted(nodes.get(1).port()));
        until(connections, connections::isUsable);
        assertThat(connections.isCluster()).isTrue();
        assertThat(connections.all()).hasSize(3);
        for (Partition partition : Partition.all()) {
            assertThat(connections.required(partition).address())
                    .isEqualTo("127.0.0.1:" + cluster.primaryOf(partition.ctl()).port());
            assertThat(open(connections, partition)).isEqualTo(new Opening.Result.Opened(0));
            assertThat(confirm(connections, partition)).isTrue();
            assertThat(count(connections.required(partition), partition, 1, "alice"))
                    .isInstanceOf(TallyReply.Counted.class);
            assertThat(count(connections.required(partition), partition, 1, "alice"))
                    .extracting(reply -> ((TallyReply.Counted) reply).verdicts())
                    .isEqualTo("D");
        }
        assertThat(CatalogStore.publish(connections.catalog().orElseThrow(), null, "x", 1))
                .isTrue();
        assertThat(cluster.primaryOf(CatalogStore.TEXT).ask("GET catalog")).isEqualTo("$1");
    }

    @Test
    void aPrimaryOfAClusterThatIsGoneMakesItUnusable() {
        RedisCluster cluster = cluster(3);
        List<RedisNode> nodes = cluster.nodes();
        RedisConnections connections = connections(nodes.getFirst().url());
        until(connections, connections::isUsable);
        nodes.get(2).kill();
        until(connections, () -> !connections.isUsable());
        assertThat(connections.all()).isEmpty();
        assertThat(connections.trouble()).isNotEmpty();
        nodes.get(2).restart();
        until(connections, connections::isUsable);
    }

    @Test
    void aSlotThatMovesIsUnavailableUntilTheNextLookHasLearnedItsOwner() {
        RedisCluster cluster = cluster(3);
        List<RedisNode> nodes = cluster.nodes();
        RedisConnections connections = connections(nodes.getFirst().url());
        until(connections, connections::isUsable);
        RedisNode source = cluster.primaryOf(PARTITION.ctl());
        RedisNode target = nodes.get((nodes.indexOf(source) + 1) % 3);
        int slot = SlotHash.getSlot(PARTITION.ctl());
        open(connections, PARTITION);
        confirm(connections, PARTITION);
        Link before = connections.required(PARTITION);
        assertThat(count(before, PARTITION, 1, "alice")).isInstanceOf(TallyReply.Counted.class);

        // Under way: some keys are there, some here.
        RedisCluster.beginMove(slot, source, target);
        List<String> keys =
                List.of(PARTITION.ctl(), PARTITION.log(Retention.SHORT), PARTITION.earn(1), PARTITION.engage(1));
        RedisCluster.migrate(source, target, keys.getFirst());
        assertThatThrownBy(() -> count(before, PARTITION, 2, "alice"))
                .isInstanceOf(RedisUnavailableException.class)
                .hasMessageContaining("TRYAGAIN");
        keys.subList(1, 4).forEach(key -> RedisCluster.migrate(source, target, key));
        assertThatThrownBy(() -> count(before, PARTITION, 2, "alice"))
                .isInstanceOf(RedisUnavailableException.class)
                .hasMessageContaining("ASK");
        cluster.endMove(slot, source, target);
        assertThatThrownBy(() -> count(before, PARTITION, 2, "alice"))
                .isInstanceOf(RedisUnavailableException.class)
                .hasMessageContaining("MOVED");

        until(
                connections,
                () -> connections
                        .link(PARTITION)
                        .filter(link -> link.address().endsWith(":" + target.port()))
                        .isPresent());
        Link after = connections.required(PARTITION);
        assertThat(count(after, PARTITION, 2, "alice"))
                .as("a moved slot was not compared with the ledger")
                .isInstanceOf(TallyReply.Refused.class);
        assertThat(Opening.raise(after, PARTITION, "1", "1", 2, 61, after.second()))
                .isZero();
        assertThat(Opening.confirm(after, PARTITION, "1", 2, after.second(), 5, TestPartition.SPANS))
                .isTrue();
        assertThat(count(after, PARTITION, 1, "alice")).isEqualTo(new TallyReply.Anew("another lineage"));
        assertThat(EpochReader.values(after, PARTITION.earn(1), "alice")).containsExactly("1000");
    }
}
