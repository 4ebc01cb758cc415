package dev.millrace.counters;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code tick.lua}. */
class PartitionClockIT extends OnePartition {
    private static final Partition PARTITION = Partition.of(3);
    private static final Duration LEAP = Duration.ofMinutes(5);

    PartitionClockIT() {
        super(PARTITION);
    }

    private boolean tick(long lineage) {
        return PartitionClock.tick(partition.link(), PARTITION, lineage, LEAP);
    }

    @Test
    void aSleepingClockIsMovedOnAndNothingElseChanges() {
        long before = redis.second();
        Map<String, String> ctl = partition.ctl();
        partition.set(Ctl.CLOCK, before - 200);
        assertThat(tick(1)).isTrue();
        assertThat(Long.parseLong(partition.ctl(Ctl.CLOCK))).isBetween(before, redis.second());
        ctl.remove(Ctl.CLOCK);
        assertThat(partition.ctl()).containsAllEntriesOf(ctl).hasSize(ctl.size() + 1);
    }

    /** It is moved neither after a clock that leapt nor back. */
    @ParameterizedTest
    @ValueSource(longs = {-3_300, -400, 100, 3_300})
    void aClockThatCanNotBeBelievedMovesNothing(long off) {
        partition.set(Ctl.CLOCK, redis.second() + off);
        assertNothingMoves(1);
    }

    @Test
    void anotherLineageOrProcessMovesNothing() {
        partition.set(Ctl.CLOCK, redis.second() - 200);
        assertNothingMoves(2);
        partition.set(Ctl.PROCESS, "another/one");
        assertNothingMoves(1);
    }

    @Test
    void aClockThatIsNoneMovesNothing() {
        partition.set(Ctl.CLOCK, "x");
        assertNothingMoves(1);
        redis.plain().del(PARTITION.ctl());
        assertNothingMoves(1);
        assertThat(redis.plain().exists(PARTITION.ctl())).isZero();
    }

    @Test
    void itMovesWithAFullMemory() {
        partition.set(Ctl.CLOCK, redis.second() - 200);
        redis.plain().configSet("maxmemory", "1");
        try {
            assertThat(tick(1)).isTrue();
        } finally {
            redis.plain().configSet("maxmemory", "0");
        }
    }

    private void assertNothingMoves(long lineage) {
        Map<String, String> before = partition.everything();
        assertThat(tick(lineage)).isFalse();
        assertThat(partition.everything()).isEqualTo(before);
    }
}
