package dev.millrace.ledger.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Catalog.Publisher;
import dev.millrace.common.catalog.Limits;
import dev.millrace.common.catalog.RateCard;
import dev.millrace.common.token.Kid;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RevocationsTest {
    private static final Limits LIMITS = new Limits(true, 9L, 1L, null, null, Set.of("c-1"), null, null, null);

    private static Catalog catalog(long revision, Map<String, Publisher> publishers) {
        return new Catalog(revision, publishers, List.of(new RateCard((int) revision, 0, Map.of())));
    }

    @Test
    void whatIsRevokedInEitherIsRevokedAndNothingElseIsTakenFromTheOther() {
        Catalog one = catalog(
                7,
                Map.of(
                        "a", new Publisher(List.of(1, 2, 4), List.of(3), LIMITS),
                        "b", new Publisher(List.of(1), List.of())));
        Catalog other = catalog(
                9,
                Map.of(
                        "a", new Publisher(List.of(5), List.of(9, 2)),
                        "c", new Publisher(List.of(1), List.of(2)),
                        "d", new Publisher(List.of(1), List.of())));
        assertThat(Revocations.united(one, other))
                .isEqualTo(catalog(
                        7,
                        Map.of(
                                "a", new Publisher(List.of(1, 4), List.of(2, 3, 9), LIMITS),
                                "b", new Publisher(List.of(1), List.of()),
                                "c", new Publisher(List.of(), List.of(2)))));
    }

    @Test
    void aCatalogueThatHasThemAllStaysEqual() {
        Catalog one = catalog(7, Map.of("a", new Publisher(List.of(1), List.of(2, 10))));
        assertThat(Revocations.united(one, one)).isEqualTo(one);
        assertThat(Revocations.with(one, new Kid("a", 10))).isEqualTo(one);
        assertThat(Revocations.with(one, new Kid("a", 1)))
                .isEqualTo(catalog(7, Map.of("a", new Publisher(List.of(), List.of(1, 2, 10)))));
    }
}
