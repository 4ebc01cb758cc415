package dev.millrace.counters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.counters.TestNode.Event;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FoldingIT extends OnePartition {
    private static final Partition PARTITION = Partition.of(4);

    FoldingIT() {
        super(PARTITION);
    }

    private Event event(long identity, String creator) {
        return Event.of(identity, creator, 1_000, now);
    }

    private int fold() {
        return Folding.fold(partition.link(), PARTITION, 1, 1);
    }

    @Test
    void unitsAreTheSameBeforeAndAfter() throws Exception {
        node.send(event(1, "alice"), event(2, "bob"));
        node.send(event(3, "alice"));
        new TestNode(partition).send(event(3, "alice"), event(4, "alice"), event(2, "bob")); // takes back
        Map<String, Long> before = partition.units(1);
        assertThat(before).isEqualTo(Map.of("pub-1|alice|a|view|1", 3L, "pub-1|bob|a|view|1", 1L));

        assertThat(fold()).isEqualTo(3);

        assertThat(redis.plain().xlen(PARTITION.engage(1))).isZero();
        assertThat(redis.plain().hgetall(PARTITION.folded(1)))
                .isEqualTo(Map.of("pub-1|alice|a|view|1", "3", "pub-1|bob|a|view|1", "1"));
        assertThat(partition.units(1)).isEqualTo(before);
        new TestNode(partition).send(event(5, "alice"));
        assertThat(fold()).isEqualTo(1);
        assertThat(partition.units(1)).containsEntry("pub-1|alice|a|view|1", 4L);
    }

    @Test
    void nothingIsFoldedWhereThereIsNothing() {
        assertThat(fold()).isZero();
        assertThat(redis.plain().exists(PARTITION.folded(1))).isZero();
    }

    @Test
    void onlyTheOldestAreFolded() throws Exception {
        for (int i = 0; i < Folding.MOST_ENTRIES + 10; i++) {
            node.send(event(i, "alice"));
        }
        assertThat(fold()).isEqualTo(Folding.MOST_ENTRIES);
        assertThat(redis.plain().xlen(PARTITION.engage(1))).isEqualTo(10);
        assertThat(partition.units(1)).containsEntry("pub-1|alice|a|view|1", Folding.MOST_ENTRIES + 10L);
    }

    @Test
    void anotherLineageEpochOrSealFoldsNothing() {
        node.send(event(1, "alice"));
        Map<String, String> before = partition.everything();
        assertThat(Folding.fold(partition.link(), PARTITION, 1, 2)).isZero();
        assertThat(Folding.fold(partition.link(), PARTITION, 2, 1)).isZero();
        assertThat(partition.everything()).isEqualTo(before);
        redis.plain().hset(PARTITION.earn(1), Ctl.SEALED, "1");
        before = partition.everything();
        assertThat(fold()).isZero();
        assertThat(partition.everything()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "1.5", "", "1234567890123456789"})
    void aSumThatHoldsNoNumberIsLeft(String value) {
        node.send(event(1, "alice"), event(2, "bob"));
        redis.plain().hset(PARTITION.folded(1), "pub-1|bob|a|view|1", value);
        Map<String, String> before = partition.everything();
        assertThatThrownBy(this::fold)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("pub-1|bob|a|view|1 holds no number");
        assertThat(partition.everything()).isEqualTo(before);
    }

    @Test
    void sumsOfAnotherTypeAreLeft() {
        node.send(event(1, "alice"));
        redis.plain().set(PARTITION.folded(1), "x");
        assertThatThrownBy(this::fold).isInstanceOf(IllegalArgumentException.class);
        assertThat(redis.plain().xlen(PARTITION.engage(1))).isEqualTo(1);
    }

    @Test
    void anEntryThatIsNoneOfOursIsLeft() {
        redis.plain().xadd(PARTITION.engage(1), Map.of("r", "x"));
        assertThatThrownBy(this::fold).isInstanceOf(IllegalArgumentException.class);
        redis.plain().del(PARTITION.engage(1));
        redis.plain().xadd(PARTITION.engage(1), Map.of("x", "y"));
        assertThatThrownBy(this::fold).isInstanceOf(IllegalArgumentException.class);
        assertThat(redis.plain().xlen(PARTITION.engage(1))).isEqualTo(1);
    }

    @Test
    void anEntryWithoutRecordsIsFoldedAway() {
        redis.plain().xadd(PARTITION.engage(1), Map.of("r", ""));
        assertThat(fold()).isEqualTo(1);
        assertThat(redis.plain().xlen(PARTITION.engage(1))).isZero();
    }

    /** Somebody writes units that no counter holds: nothing of them is folded, and nothing twice. */
    @Test
    void unitsTooLargeForACounterAreRefusedAsAWhole() throws Exception {
        node.send(event(1, "alice"));
        ByteBuffer out = ByteBuffer.allocate(1_000);
        Records.write(event(2, "alice").name(), 5, out);
        Records.write(event(2, "bob").name(), Long.MAX_VALUE, out);
        String records = new String(out.array(), 0, out.position(), StandardCharsets.ISO_8859_1);
        redis.plain().xadd(PARTITION.engage(1), Map.of("r", records));
        Map<String, String> before = partition.everything();
        assertThatThrownBy(this::fold).isInstanceOf(IllegalArgumentException.class);
        assertThat(partition.everything()).isEqualTo(before);
        redis.plain().xadd(PARTITION.engage(1), Map.of("r", records));
        assertThatThrownBy(this::fold).as("a sum beyond 63 bits").isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void twoWhoFoldWhileOthersCountAndReadLoseNothing() throws Exception {
        AtomicBoolean counting = new AtomicBoolean(true);
        int sections = 600;
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            List<Future<Integer>> folders = Stream.generate(() -> threads.submit(() -> {
                        int folded = 0;
                        while (counting.get()) {
                            folded += fold();
                        }
                        return folded;
                    }))
                    .limit(2)
                    .toList();
            Future<Boolean> reader = threads.submit(() -> {
                long least = 0;
                while (counting.get()) {
                    long read = partition.units(1).values().stream()
                            .mapToLong(Long::longValue)
                            .sum();
                    if (read < least || read > 2L * sections) {
                        throw new AssertionError("%d units were read after %d".formatted(read, least));
                    }
                    least = read;
                }
                return true;
            });
            try {
                for (int i = 0; i < sections; i++) {
                    assertThat(node.send(event(2L * i, "alice"), event(2L * i + 1, "creator-" + i % 50)))
                            .isInstanceOf(TallyReply.Counted.class);
                    if (i % 100 == 0) {
                        now = partition.knownSecond();
                    }
                }
            } finally {
                counting.set(false);
            }
            int folded = folders.get(0).get() + folders.get(1).get();
            assertThat(reader.get()).isTrue();
            assertThat(folded + redis.plain().xlen(PARTITION.engage(1))).isEqualTo(sections);
        }
        assertThat(partition.units(1))
                .hasSize(51)
                .containsEntry("pub-1|alice|a|view|1", (long) sections)
                .containsEntry("pub-1|creator-7|a|view|1", sections / 50L);
    }
}
