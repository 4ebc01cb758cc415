package dev.millrace.common.money;

import java.math.BigDecimal;

/**
 * An amount of money in whole micro-units: 10<sup>-6</sup> of the currency.
 *
 * <p>All arithmetic is exact; what does not fit into a {@code long} (9.2 × 10<sup>12</sup> units of the currency) throws
 * {@link ArithmeticException} instead of wrapping around.
 *
 * @param value micros, may be negative (a debit)
 */
public record Micros(long value) implements Comparable<Micros> {
    public static final Micros ZERO = new Micros(0);

    private static final int SCALE = 6;

    public Micros plus(Micros other) {
        return new Micros(Math.addExact(value, other.value));
    }

    public Micros minus(Micros other) {
        return new Micros(Math.subtractExact(value, other.value));
    }

    public Micros times(long factor) {
        return new Micros(Math.multiplyExact(value, factor));
    }

    /** The decimal amount in the currency, always with six places: {@code "1.200000"}. */
    public String amount() {
        return BigDecimal.valueOf(value, SCALE).toPlainString();
    }

    /**
     * Reads a whole number of micros as Redis and Lua print it: ASCII digits, a minus before them where it is negative, no
     * plus and no leading zero.
     *
     * @throws NumberFormatException when the text is not such a number in the range of {@code long}
     */
    public static Micros parse(String text) {
        long value = Long.parseLong(text);
        if (!text.equals(Long.toString(value))) {
            throw new NumberFormatException("'%s' is not a whole number as Redis prints it".formatted(text));
        }
        return new Micros(value);
    }

    @Override
    public int compareTo(Micros other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return value + " micros";
    }
}
