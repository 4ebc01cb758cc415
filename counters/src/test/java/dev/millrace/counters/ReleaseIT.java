package dev.millrace.counters;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReleaseIT extends OnePartition {
    private static final Partition PARTITION = Partition.of(15);

    ReleaseIT() {
        super(PARTITION);
    }

    @BeforeEach
    void fill() {
        for (long epoch = 1; epoch <= 4; epoch++) {
            redis.plain().hset(PARTITION.earn(epoch), "alice", "1");
            redis.plain().xadd(PARTITION.engage(epoch), Map.of("r", ""));
            redis.plain().hset(PARTITION.folded(epoch), "x", "1");
        }
    }

    private boolean release(long from, long to, long until, long lineage) {
        return Release.release(partition.link(), PARTITION, from, to, until, lineage);
    }

    @Test
    void bothEndsAndAllBetweenAreReleased() {
        assertThat(release(2, 3, redis.second() + 60, 1)).isTrue();
        for (long epoch = 1; epoch <= 4; epoch++) {
            assertThat(redis.plain().exists(PARTITION.earn(epoch), PARTITION.engage(epoch), PARTITION.folded(epoch)))
                    .as("epoch %d", epoch)
                    .isEqualTo(epoch == 2 || epoch == 3 ? 0 : 3);
        }
        assertThat(release(2, 3, redis.second() + 60, 1)).as("again").isTrue();
    }

    @Test
    void whoIsLateOrOfAnotherLineageReleasesNothing() {
        Map<String, String> before = partition.everything();
        assertThat(release(1, 4, redis.second() - 1, 1)).isFalse();
        assertThat(release(1, 4, redis.second() + 60, 2)).isFalse();
        assertThat(partition.everything()).isEqualTo(before);
        redis.plain().del(PARTITION.ctl());
        assertThat(release(1, 4, redis.second() + 60, 1)).isFalse();
        assertThat(redis.plain().exists(PARTITION.earn(1))).isEqualTo(1);
    }

    @Test
    void releasingWorksWithFullMemory() {
        redis.plain().configSet("maxmemory", "1");
        try {
            assertThat(release(1, 1, redis.second() + 60, 1)).isTrue();
        } finally {
            redis.plain().configSet("maxmemory", "0");
        }
    }
}
