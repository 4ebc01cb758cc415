package dev.millrace.common.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.catalog.Catalog.KeyState;
import dev.millrace.common.money.Micros;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Filter;
import dev.millrace.common.token.Kid;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
        assertThat(catalog.cardAt("demo", 0).version()).isEqualTo(1);
        assertThat(catalog.cardAt("demo", 499).version()).isEqualTo(1);
        assertThat(catalog.cardAt("demo", 500).version()).isEqualTo(2);
        assertThat(catalog.card(2)).contains(second);
        assertThat(catalog.card(3)).isEmpty();
        assertThat(second.rate(EventType.COMMENT)).isEmpty();
    }

    @Test
    void aPublishersOwnCardInForceGoesBeforeEverybodys() {
        RateCard own = new RateCard(3, 300, "demo", Map.of("view", new Rate(3_000, 1)));
        RateCard later = new RateCard(4, 700, "demo", Map.of("view", new Rate(4_000, 1)));
        RateCard others = new RateCard(5, 300, "zoo", Map.of("view", new Rate(5_000, 1)));
        Catalog mixed = new Catalog(9, Map.of(), List.of(later, second, others, own, first));
        assertThat(mixed.cardAt("demo", 299)).isEqualTo(first);
        assertThat(mixed.cardAt("demo", 300)).isEqualTo(own);
        assertThat(mixed.cardAt("demo", 699)).isEqualTo(own);
        assertThat(mixed.cardAt("demo", 700)).isEqualTo(later);
        assertThat(mixed.cardAt("zoo", 299)).isEqualTo(first);
        assertThat(mixed.cardAt("zoo", 900)).isEqualTo(others);
        for (String without : List.of("a", "dem", "demo-2", "zoos")) {
            assertThat(mixed.cardAt(without, 499)).isEqualTo(first);
            assertThat(mixed.cardAt(without, 500)).isEqualTo(second);
        }
        assertThat(CatalogJson.read(CatalogJson.write(mixed))).isEqualTo(mixed);
    }

    @Test
    void everybodyHasACardAndNoTwoOfAnOwnerBeginTogether() {
        RateCard own = new RateCard(3, 0, "demo", Map.of());
        assertThatThrownBy(() -> new Catalog(9, Map.of(), List.of(own)))
                .hasMessage("catalogue revision 9 has no rate card for everybody");
        assertThatThrownBy(() -> new Catalog(9, Map.of(), List.of(first, own, new RateCard(4, 0, "demo", Map.of()))))
                .hasMessage("catalogue revision 9: rate cards 3 and 4 begin at the same second");
    }

    @Test
    void aSnapshotReadsBackAsItWasWritten() {
        assertThat(CatalogJson.read(CatalogJson.write(catalog))).isEqualTo(catalog);
    }

    @Test
    void limitsAreReadBackAndThoseNotSetAreLeftOut() {
        Limits all = new Limits(true, 7L, 0L, 1L << 60, 2, Set.of("c-1", "c-2"), 3, 4, 5L);
        Limits closed = new Limits(null, null, null, null, null, Set.of(), null, null, null);
        Catalog limited = new Catalog(
                9,
                Map.of(
                        "all", new Catalog.Publisher(List.of(1), List.of(), all),
                        "closed", new Catalog.Publisher(List.of(1), List.of(), closed),
                        "none", new Catalog.Publisher(List.of(1), List.of())),
                List.of(first));
        String json = CatalogJson.write(limited);
        assertThat(CatalogJson.read(json)).isEqualTo(limited);
        assertThat(json)
                .contains("\"closed\":{\"live\":[1],\"revoked\":[],\"limits\":{\"creators\":[]}}")
                .contains("\"none\":{\"live\":[1],\"revoked\":[]}")
                .doesNotContain("null")
                .doesNotContain("hasBudget");
        assertThat(limited.limits("all")).isEqualTo(all);
        assertThat(limited.limits("nobody")).isEqualTo(Limits.NONE);
    }

    @Test
    void pageTokensSitesAndFiltersAreWrittenOnlyWhereTheyDifferFromTheDefault() {
        Limits open = Limits.NONE.withPages(
                true,
                Set.of("https://example.org"),
                EnumSet.complementOf(EnumSet.of(Filter.SELF, Filter.ROBOT, Filter.RATE)));
        assertThat(published(open))
                .isEqualTo(
                        ",\"limits\":{\"pageTokens\":true,\"sites\":[\"https://example.org\"],\"filtersOff\":[\"robot\",\"rate\",\"self\"]}");
        assertThat(published(Limits.NONE.withPages(false, Set.of("http://localhost:8080"), Limits.ALL_FILTERS)))
                .isEqualTo(",\"limits\":{\"sites\":[\"http://localhost:8080\"]}");
        assertThat(published(Limits.NONE.withPages(false, Set.of(), Limits.ALL_FILTERS)))
                .isEmpty();
        assertThat(published(new Limits(null, null, 5L, null, null, null, null, null, null)))
                .isEqualTo(",\"limits\":{\"dayBudget\":5}");
        assertThat(published(Limits.NONE.withPages(false, Set.of(), Set.of())))
                .isEqualTo(
                        ",\"limits\":{\"filtersOff\":[\"robot\",\"preview\",\"prefetch\",\"automation\",\"datacenter\",\"rate\",\"self\"]}");
    }

    /** The publisher's limits in the JSON, once they have been read back as they were. */
    private String published(Limits limits) {
        Catalog one = new Catalog(9, Map.of("p", new Catalog.Publisher(List.of(1), List.of(), limits)), List.of(first));
        String json = CatalogJson.write(one);
        assertThat(CatalogJson.read(json)).isEqualTo(one);
        assertThat(CatalogJson.read(json).limits("p")).isEqualTo(limits);
        String head = "\"p\":{\"live\":[1],\"revoked\":[]";
        int from = json.indexOf(head) + head.length();
        return json.substring(from, json.indexOf("}},\"cards\"", from));
    }

    @Test
    void allFiltersAreOnAndPageTokensOffWhereNothingIsSaid() {
        for (String limits : List.of(
                "{}",
                "{\"dayBudget\":5}",
                "{\"pageTokens\":null,\"sites\":null,\"filtersOff\":null}",
                "{\"pageTokens\":false,\"sites\":[],\"filtersOff\":[\"of a later version\"]}")) {
            Limits read = read(limits);
            assertThat(read.pageTokens()).as(limits).isFalse();
            assertThat(read.sites()).as(limits).isEmpty();
            assertThat(read.filters()).as(limits).containsExactlyInAnyOrder(Filter.values());
        }
        assertThat(read("{\"filtersOff\":[\"rate\",\"of a later version\"]}").filters())
                .containsExactlyInAnyOrder(
                        Filter.ROBOT,
                        Filter.PREVIEW,
                        Filter.PREFETCH,
                        Filter.AUTOMATION,
                        Filter.DATACENTER,
                        Filter.SELF);
    }

    private Limits read(String limits) {
        String json = CatalogJson.write(new Catalog(9, Map.of(), List.of(first)));
        String publisher = "\"publishers\":{\"p\":{\"live\":[],\"revoked\":[],\"limits\":" + limits + "}}";
        assertThat(json).contains("\"publishers\":{}");
        return CatalogJson.read(json.replace("\"publishers\":{}", publisher)).limits("p");
    }

    @Test
    void otherPagesLeaveTheLimitsAsTheyAre() {
        Limits all = new Limits(true, 7L, 0L, 1L << 60, 2, Set.of("c-1"), 3, 4, 5L);
        Limits other = all.withPages(true, Set.of("https://example.org"), Set.of(Filter.RATE));
        assertThat(other)
                .isEqualTo(new Limits(
                        true,
                        7L,
                        0L,
                        1L << 60,
                        2,
                        Set.of("c-1"),
                        3,
                        4,
                        5L,
                        true,
                        Set.of("https://example.org"),
                        Set.of(Filter.RATE)));
        assertThat(other.withPages(false, Set.of(), Limits.ALL_FILTERS)).isEqualTo(all);
    }

    @Test
    void aSuspensionEndsByItself() {
        Limits forGood = new Limits(true, null, null, null, null, null, null, null, null);
        Limits until = new Limits(true, 100L, null, null, null, null, null, null, null);
        assertThat(forGood.isSuspended(Long.MAX_VALUE)).isTrue();
        assertThat(until.isSuspended(99)).isTrue();
        assertThat(until.isSuspended(100)).isFalse();
        assertThat(Limits.NONE.isSuspended(0)).isFalse();
    }

    @Test
    void theBudgetInAllGrowsByWhatWasGivenBack() {
        Limits limits = new Limits(null, null, 10L, 100L, null, null, null, null, 7L);
        assertThat(limits.mostInADay()).isEqualTo(10);
        assertThat(limits.mostInAll()).isEqualTo(107);
        assertThat(limits.hasBudget()).isTrue();
        assertThat(Limits.NONE.mostInADay()).isEqualTo(Long.MAX_VALUE);
        assertThat(Limits.NONE.mostInAll()).isEqualTo(Long.MAX_VALUE);
        assertThat(Limits.NONE.hasBudget()).isFalse();
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
