package dev.millrace.common.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.key.MasterKey;
import dev.millrace.common.token.EventType;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class IdentityTest {
    private final IdentityHash.Calculation hash = new IdentityHash(MasterKey.of(MasterKey.LOCAL)).calculation();

    @Test
    void theBitsFromTheTopAreTakenApart() {
        Identity identity = new Identity(0xA_BCD0_0000_0000_000L | 0x5L, -7);
        assertThat(identity.partition()).isEqualTo(0xA);
        assertThat(identity.bucket()).isEqualTo(0xBCD >>> 2);
        assertThat(identity.fingerprint()).isEqualTo(-7);
        assertThat(new Identity(-1, 0).partition()).isEqualTo(15);
        assertThat(new Identity(-1, 0).bucket()).isEqualTo(1023);
    }

    /** Expected value: HMAC-SHA256 of another implementation (Node's crypto) over the same bytes. */
    @Test
    void anIdentityIsTheKeyedHashOfItsParts() {
        Identity identity = hash.of("demo", "visit-1", EventType.SCROLL, "25");
        assertThat("%016x%016x".formatted(identity.high(), identity.low()))
                .isEqualTo("6731c462e624355a55206bc64a0d1516");
    }

    @Test
    void noTwoEventsShareAnInput() {
        Set<Identity> identities = new HashSet<>();
        identities.add(hash.of("demo", "a", EventType.VIEW, ""));
        identities.add(hash.of("demo", "a", EventType.READ, "15"));
        identities.add(hash.of("demo", "a", EventType.SCROLL, "25"));
        identities.add(hash.of("dem", "oa", EventType.VIEW, ""));
        identities.add(hash.of("demo", "", EventType.VIEW, "a"));
        identities.add(hash.of("demo2", "a", EventType.VIEW, ""));
        assertThat(identities).hasSize(6);
    }
}
