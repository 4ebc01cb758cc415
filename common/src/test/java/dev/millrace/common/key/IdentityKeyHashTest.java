package dev.millrace.common.key;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.EventType;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IdentityKeyHashTest {
    private final IdentityKey hash = IdentityKey.of(IdentityKey.LOCAL);

    /**
     * Expected values: SipHash-2-4 written in Python from its paper, checked with the paper's test vector, over the same
     * bytes.
     */
    @Test
    void anIdentityIsTheKeyedHashOfItsTagAndParts() {
        assertThat(hash.ofToken("demo", "c-42", EventType.SCROLL, "25", "visit-1"))
                .isEqualTo(0xf3d99988f61e0a62L);
        assertThat(hash.ofVisitor("demo", "c-42", "/a\u00e9", EventType.REACTION, "like", "v-1"))
                .isEqualTo(0x4d1b599efffd2f4fL);
    }

    @Test
    void everyPartTellsTwoEventsApart() {
        Set<Long> identities = new HashSet<>();
        identities.add(hash.ofToken("demo", "c", EventType.VIEW, "", "a"));
        identities.add(hash.ofToken("demo2", "c", EventType.VIEW, "", "a"));
        identities.add(hash.ofToken("demo", "d", EventType.VIEW, "", "a"));
        identities.add(hash.ofToken("demo", "c", EventType.COMMENT, "", "a"));
        identities.add(hash.ofToken("demo", "c", EventType.VIEW, "a", ""));
        identities.add(hash.ofToken("demo", "c", EventType.VIEW, "", "b"));
        identities.add(hash.ofToken("dem", "oc", EventType.VIEW, "", "a"));
        identities.add(hash.ofVisitor("demo", "c", "a", EventType.VIEW, "", ""));
        identities.add(hash.ofVisitor("demo", "c", "a", EventType.VIEW, "", "v"));
        identities.add(hash.ofVisitor("demo", "c", "b", EventType.VIEW, "", "v"));
        identities.add(hash.ofVisitor("demo", "c", "av", EventType.VIEW, "", ""));
        assertThat(identities).hasSize(11);
    }

    @Test
    void anotherKeyIsAnotherMemory() {
        IdentityKey other = IdentityKey.of("another identity key of enough characters");
        assertThat(other.ofToken("demo", "c-42", EventType.SCROLL, "25", "visit-1"))
                .isNotEqualTo(hash.ofToken("demo", "c-42", EventType.SCROLL, "25", "visit-1"));
    }

    @Test
    void threadsShareOneHash() {
        long[] together = IntStream.range(0, 10_000)
                .parallel()
                .mapToLong(i -> hash.ofToken("demo", "c", EventType.VIEW, "", "j" + i))
                .toArray();
        for (int i = 0; i < together.length; i++) {
            assertThat(together[i]).isEqualTo(hash.ofToken("demo", "c", EventType.VIEW, "", "j" + i));
        }
    }
}
