package dev.millrace.ingest.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The directory of leading bits against a plain set, with identities that no hash would give. */
class SortedIdentitiesTest {
    private static final long SECOND = 77;
    private static final List<Long> EXTREMES =
            List.of(Long.MIN_VALUE, Long.MIN_VALUE + 1, -2L, -1L, 0L, 1L, 2L, Long.MAX_VALUE - 1, Long.MAX_VALUE);

    record Case(String name, List<Long> all) {
        static Case of(String name, long... identities) {
            return new Case(name, LongStream.of(identities).boxed().toList());
        }

        long[] identities() {
            return all.stream().mapToLong(Long::longValue).toArray();
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        cases.add(Case.of("none", new long[0]));
        EXTREMES.forEach(one -> cases.add(Case.of("only " + one, new long[] {one})));
        cases.add(Case.of(
                "all extremes", EXTREMES.stream().mapToLong(Long::longValue).toArray()));
        cases.add(Case.of("only negative", LongStream.range(-70, 0).toArray()));
        cases.add(Case.of("only positive", LongStream.range(0, 70).toArray()));
        cases.add(Case.of("equal leading bits", LongStream.range(1_000, 6_000).toArray()));
        cases.add(Case.of(
                "equal leading bits of the highest",
                LongStream.rangeClosed(Long.MAX_VALUE - 4_999, Long.MAX_VALUE).toArray()));
        cases.add(Case.of(
                "leading bits alone",
                LongStream.range(0, 4_096).map(i -> i << 52).toArray()));
        cases.add(Case.of(
                "each power of two, and beside it",
                LongStream.range(0, 64)
                        .flatMap(i -> LongStream.of((1L << i) - 1, 1L << i, (1L << i) + 1))
                        .toArray()));
        cases.add(Case.of("twice each", new long[] {-5, -5, 7, 7, Long.MAX_VALUE, Long.MAX_VALUE}));
        for (int size : new int[] {2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 1_023, 1_024, 1_025, 50_000}) {
            cases.add(Case.of(size + " hashes", new Random(size).longs(size).toArray()));
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void itHasWhatASetHasAndNothingElse(Case some) {
        assertSame(new SortedIdentities(sorted(some.identities()), SECOND), some.identities());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void mergedItHasWhatBothHave(Case some) {
        long[] hashes = new Random(1).longs(300).toArray();
        HashedIdentities newer = new HashedIdentities(3);
        newer.add(LongBuffer.wrap(hashes), SECOND);
        SortedIdentities older = new SortedIdentities(sorted(some.identities()), 5);
        long[] both = LongStream.concat(LongStream.of(hashes), LongStream.of(some.identities()))
                .toArray();
        SortedIdentities merged = SortedIdentities.merged(older, newer);
        assertSame(merged, both);
        assertThat(merged.lastSecond()).isEqualTo(SECOND);
    }

    @Test
    void mergedWithItselfItHasTheSame() {
        SortedIdentities all = new SortedIdentities(
                EXTREMES.stream().mapToLong(Long::longValue).toArray(), SECOND);
        assertSame(
                SortedIdentities.merged(all, all),
                EXTREMES.stream().mapToLong(Long::longValue).toArray());
    }

    private static void assertSame(SortedIdentities index, long[] identities) {
        Set<Long> expected = new HashSet<>();
        LongStream.of(identities).forEach(expected::add);
        Set<Long> asked = new HashSet<>(EXTREMES);
        Collections.addAll(asked, 1L << 62, -(1L << 62), 0x0101_0101_0101_0101L);
        new Random(2).longs(2_000).forEach(asked::add);
        for (long identity : identities) {
            Collections.addAll(asked, identity, identity - 1, identity + 1, ~identity, identity ^ Long.MIN_VALUE);
        }
        asked.forEach(identity ->
                assertThat(index.contains(identity)).as("%d", identity).isEqualTo(expected.contains(identity)));
        assertThat(index.sorted()).isSorted();
        assertThat(index.bytes()).isLessThanOrEqualTo(10L * index.size() + 16);
    }

    private static long[] sorted(long[] identities) {
        return LongStream.of(identities).sorted().toArray();
    }
}
