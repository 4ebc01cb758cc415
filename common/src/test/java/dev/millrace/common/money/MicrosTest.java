package dev.millrace.common.money;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class MicrosTest {

    @Test
    void anAmountAlwaysShowsSixPlaces() {
        assertThat(new Micros(1_200_000).amount()).isEqualTo("1.200000");
        assertThat(new Micros(3_500).amount()).isEqualTo("0.003500");
        assertThat(Micros.ZERO.amount()).isEqualTo("0.000000");
        assertThat(new Micros(-1).amount()).isEqualTo("-0.000001");
        assertThat(new Micros(Long.MAX_VALUE).amount()).isEqualTo("9223372036854.775807");
    }

    @Test
    void arithmeticIsExactOrThrows() {
        assertThat(new Micros(7).plus(new Micros(-9)).minus(new Micros(1)).times(3))
                .isEqualTo(new Micros(-9));
        assertThatThrownBy(() -> new Micros(Long.MAX_VALUE).plus(new Micros(1)))
                .isInstanceOf(ArithmeticException.class);
        assertThatThrownBy(() -> new Micros(Long.MAX_VALUE).times(2)).isInstanceOf(ArithmeticException.class);
    }

    @Test
    void onlyWholeNumbersAreRead() {
        assertThat(Micros.parse("9223372036854775807")).isEqualTo(new Micros(Long.MAX_VALUE));
        assertThat(Micros.parse("-1")).isEqualTo(new Micros(-1));
        for (String other : new String[] {"+1", "01", "-0", "-01", "\u0661", " 1", "9223372036854775808"}) {
            assertThatThrownBy(() -> Micros.parse(other)).as(other).isInstanceOf(NumberFormatException.class);
        }
        assertThatThrownBy(() -> Micros.parse("1.5")).isInstanceOf(NumberFormatException.class);
        assertThatThrownBy(() -> Micros.parse("1e3")).isInstanceOf(NumberFormatException.class);
        assertThatThrownBy(() -> Micros.parse("")).isInstanceOf(NumberFormatException.class);
    }
}
