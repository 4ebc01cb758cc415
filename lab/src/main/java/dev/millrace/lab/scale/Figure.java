package dev.millrace.lab.scale;

import java.math.BigDecimal;
import java.math.MathContext;

/** Figures as JSON has them: six digits. */
final class Figure {
    private static final MathContext DIGITS = new MathContext(6);

    private Figure() {}

    static BigDecimal of(double value) {
        if (!Double.isFinite(value)) {
            return BigDecimal.ZERO;
        }
        BigDecimal rounded = new BigDecimal(value, DIGITS).stripTrailingZeros();
        return rounded.scale() < 0 ? rounded.setScale(0) : rounded;
    }
}
