package dev.millrace.common.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.catalog.Catalog.KeyState;
import dev.millrace.common.money.Micros;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Kid;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CatalogTest {
    private final RateCard first = new RateCard(1, 0, Map.of("view", new Rate(1_000, 1), "comment", new Rate(50, 100)));
    private final RateCard second = new RateCard(2, 500, Map.of("view", new Rate(2_000, 1)));
    private final Catalog catalog =
            new Catalog(9, Map.of("demo", new Catalog.Publisher(List.of(1, 3), List.of(2))), List.of(first, second));

    @Test
    void aKeyIsLiveRevokedOrOfALaterCatalogue() {
        assertThat(catalog.state(new Kid("demo", 3))).isEqualTo(KeyState.LIVE);
        assertThat(catalog.state(new Kid("demo", 2))).isEqualTo(KeyState.REVOKED);
        assertThat(catalog.state(new Kid("demos", 1))).isEqualTo(KeyState.NEWER);
    }

    @Test
    void aNumberAboveAllKnownOnesAndAnUnknownPublisherAreNewer() {
        Catalog gap = new Catalog(
                9,
                Map.of(
                        "live", new Catalog.Publisher(List.of(5), List.of(2)),
                        "revoked", new Catalog.Publisher(List.of(1), List.of(7)),
                        "none", new Catalog.Publisher(List.of(), List.of())),
                List.of(first));
        assertThat(gap.state(new Kid("live", 6))).isEqualTo(KeyState.NEWER);
        assertThat(gap.state(new Kid("live", 4))).isEqualTo(KeyState.UNKNOWN);
        assertThat(gap.state(new Kid("revoked", 8))).isEqualTo(KeyState.NEWER);
        assertThat(gap.state(new Kid("revoked", 6))).isEqualTo(KeyState.UNKNOWN);
        assertThat(gap.state(new Kid("none", 1))).isEqualTo(KeyState.NEWER);
        assertThat(gap.state(new Kid("nobody", 999))).isEqualTo(KeyState.NEWER);
    }

    @Test
    void theCardInForceIsTheLastThatHasBegun() {
        assertThat(catalog.cardAt(0).version()).isEqualTo(1);
        assertThat(catalog.cardAt(499).version()).isEqualTo(1);
        assertThat(catalog.cardAt(500).version()).isEqualTo(2);
        assertThat(catalog.card(2)).contains(second);
        assertThat(catalog.card(3)).isEmpty();
        assertThat(second.rate(EventType.COMMENT)).isEmpty();
    }

    @Test
    void aSnapshotReadsBackAsItWasWritten() {
        assertThat(CatalogJson.read(CatalogJson.write(catalog))).isEqualTo(catalog);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{nonsense", "", "null", " null ", "[]", "{}", "{\"revision\":1,\"publishers\":{\"a\":null}}"})
    void whatIsNoCatalogueIsRefused(String json) {
        assertThatThrownBy(() -> CatalogJson.read(json))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("the key 'catalog' holds no catalogue: ");
    }

    @Test
    void unitsAreCappedAndPricedExactly() {
        Rate perWord = new Rate(50, 100);
        assertThat(perWord.units(7)).isEqualTo(7);
        assertThat(perWord.units(2_147_483_647L)).isEqualTo(100);
        assertThat(perWord.price(100)).isEqualTo(new Micros(5_000));
    }

    @Test
    void aRateOutOfRangeIsRefused() {
        assertThatThrownBy(() -> new Rate(-1, 1)).hasMessage("micros -1 is not 0 to 1000000000");
        assertThatThrownBy(() -> new Rate(1, 0)).hasMessageStartingWith("cap 0 is not at least 1");
        assertThatThrownBy(() -> new Rate(1_000_000_000, 1_001)).hasMessageStartingWith("cap 1001");
    }
}
