package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.counters.Partition;
import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.Ports;
import dev.millrace.local.server.RedisServer;
import dev.millrace.local.testing.RealServers;
import dev.millrace.local.testing.RedisNode;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Redis that answers and can't be written to: the node finds out by itself within five seconds, says so, and comes back by itself. */
class UnusableRedisIT {
    /** As promised; measured from the change to the first look that shows it. */
    private static final Duration FOUND_OUT = Duration.ofSeconds(5);

    @TempDir
    private Path home;

    private RedisServer redis;
    private OpenCounters counters;
    private RunningIngest ingest;

    @BeforeEach
    void start() {
        redis = RedisServer.start(RealServers.place(home), 0, Durability.ALWAYS);
        counters = new OpenCounters(redis.url());
        ingest = new RunningIngest(redis.url());
    }

    @AfterEach
    void stop() {
        ingest.close();
        counters.close();
        redis.kill();
    }

    @Test
    void aPrimaryThatBecomesAReplicaTakesReadinessDownAndComesBackOnceItIsConfirmed() {
        assertThat(ingest.post(view("before")).count("accepted")).isEqualTo(1);
        counters.redis().replicaof("127.0.0.1", Ports.free());
        assertFoundOut("it is a replica");
        assertUnavailable(ingest.post(view("meanwhile")));

        counters.redis().replicaofNoOne();
        Await.until(
                () -> ingest.post(view("meanwhile")),
                answer -> answer.status() == 503 && answer.detail().contains("has not been compared with the ledger"));
        counters.raise(61);
        counters.confirm();
        ingest.awaitReady();
        assertThat(Await.taken(ingest, view("meanwhile")).count("accepted")).isEqualTo(1);
        assertThat(Await.taken(ingest, view("before")).count("duplicate")).isEqualTo(1);
        assertThat(counters.earned(1, "c-1")).isEqualTo(2_000);
    }

    /** A look reads only and finds nothing wrong; the first call that is refused tells. */
    @Test
    void aPrimaryWithoutItsReplicasTakesReadinessDownWithTheFirstCall() {
        assertThat(ingest.post(view("before")).count("accepted")).isEqualTo(1);
        counters.redis().configSet("min-replicas-to-write", "1");
        Answer refused = ingest.post(view("meanwhile"));
        assertUnavailable(refused);
        assertThat(refused.detail()).contains("NOREPLICAS");
        assertFoundOut("NOREPLICAS");

        counters.redis().configSet("min-replicas-to-write", "0");
        ingest.awaitReady();
        assertThat(Await.taken(ingest, view("meanwhile")).count("accepted")).isEqualTo(1);
        assertThat(counters.earned(1, "c-1")).isEqualTo(2_000);
    }

    /** What was counted and is not on the replica is no answer; the retry at another node tells what became of it. */
    @Test
    void whatAStoppedReplicaLacksIsRefusedAndCountsOnceAtAnotherNode() {
        RedisServer replica = RedisServer.start(RealServers.place(home.resolve("replica")), 0, Durability.ALWAYS);
        String acknowledged = "--millrace.redis-ack-replicas=1";
        try (RunningIngest one = new RunningIngest(redis.url(), acknowledged);
                RunningIngest other = new RunningIngest(redis.url(), acknowledged);
                OfReplica ofReplica = new OfReplica(replica)) {
            ofReplica.follow(redis);
            counters.raise(61); // with its first replica a primary gets another replication id
            counters.confirm();
            assertThat(Await.taken(one, view("before")).count("accepted")).isEqualTo(1);
            replica.freeze();
            for (RunningIngest node : new RunningIngest[] {one, other, one}) {
                Answer refused = node.post(view("meanwhile"));
                assertUnavailable(refused);
                assertThat(refused.detail()).contains("0 of 1 replicas have acknowledged");
            }
            assertUnavailable(other.post(view("before-it-stopped-but-not-known-to-have-arrived")));
            replica.resume();
            Answer retried = Await.taken(other, view("meanwhile"));
            assertThat(retried.count("duplicate")).isEqualTo(1);
            assertThat(Await.taken(one, view("meanwhile")).count("duplicate")).isEqualTo(1);
            assertThat(Await.taken(one, view("before")).count("duplicate")).isEqualTo(1);
            assertThat(Await.taken(one, view("after")).count("accepted")).isEqualTo(1);
            assertThat(counters.earned(1, "c-1")).isEqualTo(4_000);
            assertThat(ofReplica.earned("c-1")).isEqualTo("4000");
        } finally {
            replica.kill();
        }
    }

    /** Its index holds what was counted before, but another process is believed only once it has been compared. */
    @Test
    void whileRedisReadsItsFileNothingIsAnsweredAndAfterwardsNothingIsPaidTwice() {
        try (RedisNode node = RedisNode.start(
                        home, // 2.4 s for what is written here, and answers meanwhile
                        "--key-load-delay",
                        "400",
                        "--loading-process-events-interval-bytes",
                        "1024");
                OpenCounters its = new OpenCounters(node.url());
                RunningIngest edge = new RunningIngest(node.url())) {
            assertThat(edge.post(view("before")).count("accepted")).isEqualTo(1);
            its.redis().eval("for i = 1, 6000 do redis.call('SET', 'key:' .. i, 'x') end", ScriptOutputType.VALUE);
            its.redis().bgrewriteaof();
            Await.until(
                    () -> its.redis().info("persistence"),
                    info -> info.contains("aof_rewrites:1") && info.contains("aof_rewrite_in_progress:0"));
            node.kill();
            node.start();
            Await.unready(edge, "it is loading its data");
            for (String jti : List.of("before", "meanwhile")) {
                Answer refused = edge.post(view(jti));
                assertUnavailable(refused);
                assertThat(refused.detail()).contains("it is loading its data");
            }
            Await.until(
                    () -> edge.post(view("before")),
                    answer -> answer.status() == 503
                            && answer.detail().contains("has not been compared with the ledger"));
            its.raise(61);
            its.confirm();
            edge.awaitReady();
            assertThat(Await.taken(edge, view("before")).count("duplicate")).isEqualTo(1);
            assertThat(Await.taken(edge, view("meanwhile")).count("accepted")).isEqualTo(1);
            assertThat(its.earned(1, "c-1")).isEqualTo(2_000);
        }
    }

    /** A client of the replica. */
    private static final class OfReplica implements AutoCloseable {
        private final RedisClient client;
        private final StatefulRedisConnection<String, String> connection;

        OfReplica(RedisServer replica) {
            client = RedisClient.create(replica.url());
            connection = client.connect();
        }

        void follow(RedisServer primary) {
            connection.sync().replicaof("127.0.0.1", primary.port());
            Await.until(() -> connection.sync().info("replication"), info -> info.contains("master_link_status:up"));
        }

        String earned(String creator) {
            return connection.sync().hget(Partition.of(creator).earn(1), creator);
        }

        @Override
        public void close() {
            connection.close();
            client.shutdown();
        }
    }

    private void assertFoundOut(String why) {
        long changed = System.nanoTime();
        Await.unready(ingest, why);
        assertThat(Duration.ofNanos(System.nanoTime() - changed)).isLessThan(FOUND_OUT);
    }

    private static void assertUnavailable(Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(503);
        assertThat(answer.json().get("code").asString()).isEqualTo("counters-unavailable");
        assertThat(answer.header("Retry-After")).isEqualTo("2");
    }

    private String view(String jti) {
        long now = counters.second();
        return Tokens.view("c-1", jti, now, now + 3_600);
    }
}
