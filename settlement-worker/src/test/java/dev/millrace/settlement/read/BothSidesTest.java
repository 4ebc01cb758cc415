package dev.millrace.settlement.read;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.counters.EarnField;
import dev.millrace.common.money.Micros;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BothSidesTest {
    private static final long SEED = Long.getLong("millrace.seed", 7);

    private final BothSides sides = new BothSides(new SplittableRandom(SEED));

    @Test
    void amountsInAnyOrderAndAnyPartsAgree() {
        for (int i = 0; i < 1_000; i++) {
            sides.earned(earner(i), new Micros(3_000 + i));
        }
        for (int i = 999; i >= 0; i--) {
            sides.priced(earner(i), new Micros(1_000));
            sides.priced(earner(i), new Micros(2_000 + i));
        }
        assertThat(sides.agree()).isTrue();
    }

    @Test
    void anAmountOfAnotherEarnerDoesNotAgree() {
        sides.earned(new EarnField("demo", "c-1"), new Micros(1_000));
        sides.priced(new EarnField("demo", "c-2"), new Micros(1_000));
        assertThat(sides.agree()).isFalse();
    }

    @Test
    void whereThePublisherEndsMatters() {
        sides.earned(new EarnField("ab", "c"), new Micros(1_000));
        sides.priced(new EarnField("a", "bc"), new Micros(1_000));
        assertThat(sides.agree()).isFalse();
    }

    /** Their names differ by the same, their amounts too. */
    @Test
    void differencesThatCancelEachOtherOutDoNotAgree() {
        sides.earned(earner(1), new Micros(1_000));
        sides.earned(earner(3), new Micros(1_000));
        sides.priced(earner(2), new Micros(2_000));
        assertThat(sides.agree()).isFalse();
    }

    @Test
    void amountsThatAreHighPowersOfTwoDoNotAgree() {
        sides.earned(earner(1), new Micros(1L << 40));
        sides.priced(earner(2), new Micros(1L << 40));
        assertThat(sides.agree()).isFalse();
    }

    private static EarnField earner(int number) {
        return new EarnField("demo", "c-" + number);
    }
}
