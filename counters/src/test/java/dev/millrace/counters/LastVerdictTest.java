package dev.millrace.counters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LastVerdictTest {

    @Test
    void whatANodeWritesIsReadAgain() {
        LastVerdict one = new LastVerdict(1_800_000_000, 12, "search_visit", "rejected:publisher-over-budget");
        LastVerdict two = new LastVerdict(1_700_000_000, Long.MAX_VALUE / 10, LastVerdict.PAGE, "filtered:robot");
        assertThat(LastVerdict.read(one.line() + "\n" + two.line() + "\n")).containsExactly(one, two);
    }

    @Test
    void aVerdictHasAStatusAndAtMostOneCause() {
        assertThat(List.of("accepted", "duplicate", "filtered:robot", "rejected:token-expired"))
                .extracting(verdict -> new LastVerdict(1, 1, "view", verdict))
                .extracting(LastVerdict::status, LastVerdict::reason, LastVerdict::code)
                .containsExactly(
                        tuple("accepted", null, null),
                        tuple("duplicate", null, null),
                        tuple("filtered", "robot", null),
                        tuple("rejected", null, "token-expired"));
    }

    @Test
    void verdictsOfOneSecondKeepTheirOrder() {
        List<LastVerdict> node = List.of(
                new LastVerdict(5, 1, "view", "rejected:token-expired"),
                new LastVerdict(5, 1, "view", "duplicate"),
                new LastVerdict(5, 1, "view", "filtered:robot"),
                new LastVerdict(5, 1, "view", "accepted"));
        assertThat(LastVerdict.merge(List.of(node))).isEqualTo(node);
    }

    @Test
    void equalOnesOfTwoNodesInARowAreOne() {
        LastVerdict accepted = new LastVerdict(9, 2, "view", "accepted");
        LastVerdict between = new LastVerdict(8, 1, "view", "rejected:token-expired");
        LastVerdict earlier = new LastVerdict(7, Long.MAX_VALUE, "view", "accepted");
        LastVerdict other = new LastVerdict(6, 1, "read", "accepted");
        assertThat(LastVerdict.merge(List.of(List.of(accepted, other), List.of(between, earlier))))
                .containsExactly(new LastVerdict(9, Long.MAX_VALUE, "view", "accepted"), between, other);
    }

    @Test
    void eachKindHasPlacesOfItsOwn() {
        List<LastVerdict> many = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            String type = i % 2 == 0 ? "view" : "read";
            many.add(new LastVerdict(1_000 - i, 1, type, "rejected:token-signature"));
            many.add(new LastVerdict(1_000 - i, 1, type, "duplicate"));
            many.add(new LastVerdict(1_000 - i, 1, type, "filtered:rate"));
        }
        List<LastVerdict> merged = LastVerdict.merge(List.of(many.subList(0, 150), many.subList(150, 300)));
        for (LastVerdict.Kind kind : LastVerdict.Kind.values()) {
            assertThat(merged.stream().filter(one -> one.kind() == kind)).hasSize(kind.most());
        }
        assertThat(merged)
                .hasSize(50)
                .isEqualTo(many.stream().filter(merged::contains).toList());
    }
}
