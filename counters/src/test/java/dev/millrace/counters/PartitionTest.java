package dev.millrace.counters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.token.Retention;
import io.lettuce.core.cluster.SlotHash;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PartitionTest {
    private static final int SLOTS = 16_384;
    private static final int SHARE = SLOTS / Partition.COUNT;

    @Test
    void theSlotOfATagLiesInItsSixteenth() {
        for (Partition partition : Partition.all()) {
            assertThat(SlotHash.getSlot(partition.ctl()) / SHARE)
                    .as(partition.toString())
                    .isEqualTo(partition.number());
        }
    }

    /** Tools make the ranges of n primaries by rounding, so that a border may be a few slots off. */
    @Test
    void evenRangesOfAnyPowerOfTwoShareThePartitionsEvenly() {
        for (int nodes : List.of(2, 4, 8, 16)) {
            int[] served = new int[nodes];
            Partition.all().forEach(p -> served[SlotHash.getSlot(p.ctl()) * nodes / SLOTS]++);
            assertThat(served).as(nodes + " nodes").containsOnly(Partition.COUNT / nodes);
        }
    }

    @Test
    void slotsKeepAwayFromTheBordersOfTheirSixteenth() {
        for (Partition partition : Partition.all()) {
            assertThat(SlotHash.getSlot(partition.ctl()) % SHARE)
                    .as(partition.toString())
                    .isBetween(16, SHARE - 17);
        }
    }

    @Test
    void allKeysOfAPartitionAreInOneSlot() {
        for (Partition partition : Partition.all()) {
            int slot = SlotHash.getSlot(partition.ctl());
            assertThat(Stream.of(
                            partition.log(Retention.SHORT),
                            partition.log(Retention.LONG),
                            partition.earn(7),
                            partition.engage(7),
                            partition.folded(7),
                            partition.quarantine(3, "earn", 7)))
                    .allMatch(key -> SlotHash.getSlot(key) == slot, "in the slot of " + partition);
        }
        assertThat(SlotHash.getSlot(CatalogStore.REVISION)).isEqualTo(SlotHash.getSlot(CatalogStore.TEXT));
    }

    @Test
    void creatorsSpreadOverAllPartitions() {
        int creators = 160_000;
        int[] found = new int[Partition.COUNT];
        for (int i = 0; i < creators; i++) {
            found[Partition.of("creator-" + i).number()]++;
        }
        assertThat(IntStream.of(found).boxed())
                .allSatisfy(count -> assertThat(count).isBetween(9_500, 10_500));
    }

    /** Money that is counted lies where the hash of today has put it: another hash would lose it. */
    @Test
    void thePartitionOfAnIdNeverChanges() {
        // CRC-32 of "123456789" is 0xCBF43926, the check value of ISO 3309.
        assertThat(Partition.of("123456789").number()).isEqualTo(0xCBF43926L % 16);
        assertThat(Stream.of("c-42", "alice", "test:c-42", "A.b_c:d-e")
                        .map(id -> Partition.of(id).number()))
                .containsExactly(5, 7, 7, 12);
    }

    @Test
    void namesOfKeysArePinned() {
        Partition partition = Partition.of(3);
        assertThat(Stream.of(
                        partition.ctl(),
                        partition.log(Retention.SHORT),
                        partition.log(Retention.LONG),
                        partition.earn(12),
                        partition.engage(12),
                        partition.folded(12),
                        partition.quarantine(5, "engage", 12)))
                .containsExactly(
                        "{p03bn}:ctl",
                        "{p03bn}:log:short",
                        "{p03bn}:log:long",
                        "{p03bn}:earn:12",
                        "{p03bn}:engage:12",
                        "{p03bn}:folded:12",
                        "{p03bn}:quarantine:5:engage:12");
    }

    @Test
    void thereAreSixteen() {
        assertThat(Partition.all()).hasSize(16).doesNotHaveDuplicates();
        assertThatThrownBy(() -> new Partition(16)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Partition(-1)).isInstanceOf(IllegalArgumentException.class);
    }
}
