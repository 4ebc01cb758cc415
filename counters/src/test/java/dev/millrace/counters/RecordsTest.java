package dev.millrace.counters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordsTest {
    private static final EngagementName ALICE = new EngagementName("pub-1", "alice", "a|b|c", EventType.VIEW, 1);
    private static final EngagementName BOB =
            new EngagementName("p", "bob", "ä𝄞".repeat(64), EventType.SEARCH_VISIT, Integer.MAX_VALUE);

    private static byte[] written(Object... namesAndUnits) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < namesAndUnits.length; i += 2) {
            EngagementName name = (EngagementName) namesAndUnits[i];
            ByteBuffer record = ByteBuffer.allocate(Records.mostBytes(name));
            Records.write(name, (Long) namesAndUnits[i + 1], record);
            out.write(record.array(), 0, record.position());
        }
        return out.toByteArray();
    }

    @Test
    void whatWasWrittenIsRead() {
        assertThat(Records.read(written(ALICE, 1L, BOB, Long.MAX_VALUE, ALICE, 127L, ALICE, 128L, ALICE, 0L), null))
                .containsExactly(
                        new Records.Units(ALICE, 1),
                        new Records.Units(BOB, Long.MAX_VALUE),
                        new Records.Units(ALICE, 127),
                        new Records.Units(ALICE, 128),
                        new Records.Units(ALICE, 0));
        assertThat(Records.read(new byte[0], null)).isEmpty();
    }

    /** Entries of one version are read by another one while a deployment is under way. */
    @Test
    void theFormIsPinned() {
        EngagementName name = new EngagementName("p", "c", "a", EventType.VIEW, 300);
        assertThat(written(name, 2L))
                .isEqualTo(new byte[] {1, 'p', 1, 'c', 1, 'a', 4, 'v', 'i', 'e', 'w', (byte) 0xAC, 2, 2});
    }

    @Test
    void whatWasTakenBackIsNegative() {
        byte[] back = {1, 0, 3, 0, 0, 0, 0, 0, -1, -1, -1, -1};
        assertThat(Records.read(written(ALICE, 5L, BOB, 7L), back))
                .containsExactly(
                        new Records.Units(ALICE, 5),
                        new Records.Units(BOB, 7),
                        new Records.Units(BOB, -3),
                        new Records.Units(ALICE, -4_294_967_295L));
    }

    static Stream<byte[]> malformed() {
        byte[] good = written(ALICE, 5L);
        return Stream.of(
                new byte[] {5},
                new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1}, // a length of more than 63 bits
                new byte[] {-1, -1, -1, -1, 127}, // a length beyond the entry
                replaced(good, 1, 'P'), // no publisher's letter
                replaced(good, 7, '/'), // no creator's
                replaced(good, 13, 0), // a control character in the article
                replaced(good, 13, 0xC3), // no UTF-8
                replaced(good, 18, 'V'), // no type
                replaced(good, 22, 0), // rate version 0
                Arrays.copyOf(good, good.length + 1));
    }

    private static byte[] replaced(byte[] good, int at, int with) {
        byte[] bad = good.clone();
        bad[at] = (byte) with;
        return bad;
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void whatIsNoneOfOursIsRefused(byte[] records) {
        assertThatThrownBy(() -> Records.read(records, null)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatBreaksOffIsRefused() {
        byte[] good = written(ALICE, 5L);
        for (int length = 1; length < good.length; length++) {
            byte[] cut = Arrays.copyOf(good, length);
            assertThatThrownBy(() -> Records.read(cut, null)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 7, 11})
    void takenBackOfABrokenLengthIsRefused(int length) {
        byte[] good = written(ALICE, 5L);
        assertThatThrownBy(() -> Records.read(good, new byte[length])).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void takenBackOfARecordThatIsNotThereIsRefused() {
        byte[] good = written(ALICE, 5L);
        assertThatThrownBy(() -> Records.read(good, new byte[] {1, 0, 1, 0, 0, 0}))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Whatever bytes there are: records, or an IllegalArgumentException. */
    @Test
    void anyBytesAreReadOrRefused() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[] good = written(ALICE, 5L, BOB, 300L);
        int read = 0;
        for (int i = 0; i < 50_000; i++) {
            byte[] records = mutated(good, random);
            byte[] back = new byte[6 * random.nextInt(3) + (random.nextInt(8) == 0 ? 1 : 0)];
            random.nextBytes(back);
            try {
                for (Records.Units units : Records.read(records, random.nextBoolean() ? back : null)) {
                    assertThat(EngagementName.parse(units.name().encode()))
                            .as("seed %d", seed)
                            .isEqualTo(units.name());
                }
                read++;
            } catch (IllegalArgumentException e) {
                assertThat(e).as("seed %d", seed).hasMessageNotContaining("null");
            } catch (RuntimeException e) {
                throw new AssertionError("seed %d, %s".formatted(seed, Arrays.toString(records)), e);
            }
        }
        assertThat(read).as("seed %d", seed).isBetween(1, 49_999);
    }

    private static byte[] mutated(byte[] good, Random random) {
        byte[] records = random.nextInt(4) == 0 ? new byte[random.nextInt(40)] : good.clone();
        if (records.length < good.length) {
            random.nextBytes(records);
            return records;
        }
        for (int i = random.nextInt(4); i >= 0; i--) {
            records[random.nextInt(records.length)] = (byte) random.nextInt(256);
        }
        return random.nextBoolean() ? records : Arrays.copyOf(records, random.nextInt(records.length + 1));
    }

    @Test
    void manyRoundTripsAreExact() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        List<Records.Units> all = new ArrayList<>();
        List<Object> namesAndUnits = new ArrayList<>();
        for (int i = 0; i < 4_096; i++) {
            EngagementName name = new EngagementName(
                    "p-" + random.nextInt(9),
                    "c:" + random.nextInt(1_000),
                    new String(Character.toChars(0xA1 + random.nextInt(0xD000))).repeat(1 + random.nextInt(128)),
                    random.nextBoolean() ? EventType.VIEW : EventType.SEARCH_VISIT,
                    1 + random.nextInt(1 << 20));
            long units = random.nextLong() & Long.MAX_VALUE;
            namesAndUnits.addAll(List.of(name, units));
            all.add(new Records.Units(name, units));
        }
        assertThat(Records.read(written(namesAndUnits.toArray()), null))
                .as("seed %d", seed)
                .isEqualTo(all);
    }
}
