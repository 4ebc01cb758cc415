package dev.millrace.settlement.settle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.EventType;
import dev.millrace.counters.Partition;
import dev.millrace.local.testing.RealServers;
import dev.millrace.local.testing.RedisCluster;
import dev.millrace.local.testing.RedisNode;
import dev.millrace.settlement.Counting;
import dev.millrace.settlement.RunningWorker;
import dev.millrace.settlement.crash.CrashPoint;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One primary of a Redis Cluster is away: its partitions wait for it, and the others are settled. */
class DeadShardIT {
    private static final int SERVED = 1;
    private static final int AWAY = 14;

    @TempDir
    private Path home;

    @Test
    void aPrimaryThatIsAwayHoldsUpItsOwnPartitionsOnly() {
        String database = RunningWorker.freshDatabase();
        try (RedisCluster cluster = RedisCluster.start(
                        home,
                        3,
                        0,
                        Duration.ofSeconds(2),
                        "--cluster-require-full-coverage",
                        "no",
                        "--maxmemory",
                        "256mb",
                        "--maxmemory-policy",
                        "noeviction");
                Counting counters = new Counting(
                        cluster.primaryOf(Partition.of(SERVED).ctl()).url());
                Workers workers = new Workers(cluster.url(), database, RealServers.password());
                Book book = new Book(database)) {
            for (int partition : new int[] {SERVED, AWAY}) {
                workers.open(partition);
                count(counters, partition);
            }
            RedisNode away = cluster.primaryOf(Partition.of(AWAY).ctl());
            away.kill();
            assertThat(workers.settlement(CrashPoint.NOBODY).settleAll().halted())
                    .isEmpty();
            assertThat(book.balance("creator:c-" + SERVED)).isEqualTo(1_000);
            assertThat(book.balance("creator:c-" + AWAY)).isZero();

            away.restart();
            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .ignoreExceptions()
                    .until(() -> workers.open(AWAY), lost -> !lost);
            workers.settlement(CrashPoint.NOBODY).settleAll();
            assertThat(book.balance("creator:c-" + AWAY)).isEqualTo(1_000);
            assertThat(book.balance("creator:c-" + SERVED)).isEqualTo(1_000);
            book.assertSound();
        }
    }

    private static void count(Counting counters, int partition) {
        assertThat(counters.count(partition, "c-" + partition, "/a", EventType.VIEW, 1, 1_000))
                .isTrue();
    }
}
