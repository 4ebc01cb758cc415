package dev.millrace.counters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.Kid;
import dev.millrace.common.token.Retention;
import dev.millrace.counters.TestNode.Event;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.RedisServer;
import dev.millrace.local.server.RedisUsers;
import dev.millrace.local.testing.RealServers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Everything that a service asks of Redis is asked as its user of {@code users.acl}, and Redis refuses nothing of it. */
class ServiceUsersIT {
    private static final Partition PARTITION = Partition.of(3);
    private static final Duration LEAP = Duration.ofHours(1);

    @TempDir
    private Path home;

    private RedisServer server;
    private TestRedis anybody;
    private TestRedis worker;
    private TestRedis ingest;
    private TestRedis ledger;

    @BeforeEach
    void start() {
        server = RedisServer.start(
                RealServers.place(home),
                0,
                Durability.ALWAYS,
                new RedisUsers(Map.of("ingest", "a", "worker", "b", "ledger", "c")),
                line -> {});
        anybody = new TestRedis(server.url());
        worker = as("worker:b");
        ingest = as("ingest:a");
        ledger = as("ledger:c");
    }

    private TestRedis as(String user) {
        return new TestRedis("redis://%s@127.0.0.1:%d/0".formatted(user, server.port()));
    }

    @AfterEach
    void nothingWasRefused() {
        try {
            assertThat(anybody.plain().aclLog()).isEmpty();
        } finally {
            List.of(anybody, worker, ingest, ledger).forEach(TestRedis::close);
            server.stop();
        }
    }

    @Test
    void theWholeLifeOfAPartition() throws Exception {
        TestPartition opened = new TestPartition(worker, PARTITION).open();
        Link asWorker = opened.link();
        TestNode node = new TestNode(new TestPartition(ingest, PARTITION));
        long now = anybody.second();
        assertThat(node.verdicts(Event.of(1, "alice", 1_000, now), Event.of(2, "bob", 1_000, now)))
                .isEqualTo("AA");
        assertThat(new TestNode(new TestPartition(ingest, PARTITION)).verdicts(Event.of(1, "alice", 1_000, now)))
                .isEqualTo("D");
        PartitionClock.tick(ingest.connections().required(PARTITION), PARTITION, 1, LEAP);
        assertThat(new TestPartition(ingest, PARTITION).identities(Retention.SHORT))
                .containsExactly(1L, 2L);

        assertThat(Pending.read(ledger.connections().required(PARTITION), PARTITION, 1, 4, List.of("alice"))
                        .get())
                .isNotNull();

        assertThat(Folding.fold(asWorker, PARTITION, 1, 1)).isPositive();
        new Sealing(TestPartition.SPANS).seal(asWorker, PARTITION, 0, 1, now);
        assertThat(EpochReader.values(asWorker, PARTITION.earn(1), "alice")).containsExactly("1000");
        EpochReader.fields(asWorker, PARTITION.earn(1), 10, (field, value) -> {}, () -> {});
        assertThat(opened.units(1)).hasSize(2);
        assertThat(Totals.read(asWorker, PARTITION, 1, 1).micros()).isEqualTo("2000");
        assertThat(PartitionState.read(asWorker, PARTITION, 2).logsAreSound()).isTrue();
        assertThat(Spent.note(asWorker, PARTITION, 1, 1, Map.of("pub-1", 2_000L)))
                .isTrue();
        assertThat(Spent.note(asWorker, PARTITION, 1, 1, Map.of("pub-1", 2_000L)))
                .isTrue();
        Link asIngest = ingest.connections().required(PARTITION);
        assertThat(Spent.read(asIngest, PARTITION, 1, List.of("pub-1")).get()).isInstanceOf(Spent.Reply.Read.class);
        assertThat(PartitionState.read(asWorker, PARTITION, 2).noted()).isEqualTo(1);
        Names.add(asWorker, PARTITION, "pub-1", List.of(Names.Name.of("alice")));
        Names.complete(asWorker, PARTITION, "pub-1");
        assertThat(Names.loaded(asWorker, PARTITION)).containsExactly("pub-1");
        assertThat(Names.judge(asIngest, PARTITION, "pub-1", 1, 1, List.of(Names.Name.of("bob"))))
                .isInstanceOf(Names.Reply.Judged.class);
        assertThat(Names.today(asIngest, PARTITION, "pub-1", now / 86_400)).hasSize(2);
        Names.drop(asWorker, PARTITION, "pub-1");
        Names.forget(asWorker, PARTITION);
        assertThat(Release.release(asWorker, PARTITION, 1, 1, now + 60, 1)).isTrue();
        assertThat(Keyspace.exists(asWorker, PARTITION.earn(1))).isFalse();
    }

    @Test
    void aPartitionThatIsOpenedAnewAndWhatIsSetAside() {
        TestPartition opened = new TestPartition(worker, PARTITION).open();
        Link asWorker = opened.link();
        anybody.plain().hset(PARTITION.earn(5), "alice", "7");
        assertThat(Opening.raise(asWorker, PARTITION, "1", "1", 2, 0, anybody.second()))
                .isNotNegative();
        Opening.open(asWorker, PARTITION, opened.plan("1", "2", 5, 3, 0, List.of(5L)));
        String aside = PARTITION.quarantine(3, "earn", 5);
        assertThat(Keyspace.exists(asWorker, aside)).isTrue();
        Keyspace.expire(asWorker, aside, Duration.ofDays(1));
        assertThat(anybody.plain().ttl(aside)).isPositive();
        Keyspace.scan(asWorker, "{p*", key -> assertThat(key).startsWith(PARTITION.tag()));
        assertThat(Keyspace.config(asWorker, "appendfsync")).containsEntry("appendfsync", "always");
    }

    @Test
    void theCatalogue() throws Exception {
        Link asLedger = ledger.connections().requiredCatalog();
        assertThat(CatalogStore.textNow(asLedger)).isEmpty();
        assertThat(CatalogStore.publish(asLedger, null, "text", 7)).isTrue();
        assertThat(CatalogStore.publish(asLedger, "text", "another", 8)).isTrue();
        Link asIngest = ingest.connections().requiredCatalog();
        assertThat(CatalogStore.revision(asIngest).get()).isEqualTo(Optional.of("8"));
        assertThat(CatalogStore.text(asIngest).get()).isEqualTo(Optional.of("another"));
    }

    @Test
    void visitorsOfPages() {
        long now = anybody.second();
        String key = "a".repeat(Visitors.KEY_CHARACTERS);
        Link asIngest = ingest.connections().required(Visitors.OF_KEYS);
        assertThat(Visitors.keyOfDay(asIngest, now / 86_400, key)).isEqualTo(key);
        assertThat(Visitors.keyOfDay(asIngest, now / 86_400, key.replace('a', 'b')))
                .isEqualTo(key);
        assertThat(Visitors.admit(asIngest, 0, 1, 1, now)).isTrue();
        assertThat(Visitors.admit(asIngest, 0, 2, 1, now)).isFalse();
    }

    @Test
    void verdicts() {
        Kid kid = new Kid("demo", 1);
        Partition partition = Verdicts.partition("demo");
        Link asIngest = ingest.connections().required(partition);
        for (int node = 0; node < 20; node++) {
            Verdicts.write(
                            asIngest,
                            "n" + node,
                            List.of(new Verdicts.Hour("demo", 5, Map.of("accepted", 1L), true)),
                            List.of(new Verdicts.Last(kid, "5 1 view accepted", true)))
                    .join();
        }
        assertThat(Verdicts.hours(asIngest, "demo", List.of(5L), "n", Map.of()))
                .isEqualTo(Map.of(5L, Map.of("accepted", 20L)));
        assertThat(Verdicts.last(asIngest, kid)).hasSize(Verdicts.MOST_NODES);
        Link asWorker = worker.connections().required(partition);
        assertThat(Verdicts.publishers(asWorker, partition, 5)).containsExactly("demo");
        assertThat(Verdicts.hour(asWorker, 5, List.of("demo"))).isEqualTo(Map.of("demo", Map.of("accepted", 20L)));
        assertThat(Verdicts.last(ledger.connections().required(partition), kid)).hasSize(Verdicts.MOST_NODES);
    }

    /** Only a server with replicas is asked to wait for them. */
    @Test
    void waitingForReplicas() throws Exception {
        for (TestRedis service : List.of(ingest, worker)) {
            assertThat(service.plain().waitForReplication(0, 1)).isZero();
        }
    }
}
