package dev.millrace.common.catalog;

import dev.millrace.common.money.Micros;

/**
 * The price of one event type.
 *
 * @param micros micros per unit, 0 to 10<sup>9</sup>
 * @param cap most units one event is paid for, from 1; a type not priced per unit has 1
 */
public record Rate(long micros, int cap) {
    /** Most micros per unit. */
    public static final long MOST_MICROS = 1_000_000_000L;

    /**
     * Most micros one event can pay, micros × cap. The sum of 9,000 such events stays below 2<sup>53</sup>, the largest whole
     * number that Lua's numbers hold exactly.
     */
    public static final long MOST_PER_EVENT = 1_000_000_000_000L;

    public Rate {
        if (micros < 0 || micros > MOST_MICROS) {
            throw new IllegalArgumentException("micros %d is not 0 to %d".formatted(micros, MOST_MICROS));
        }
        if (cap < 1 || micros * cap > MOST_PER_EVENT) {
            throw new IllegalArgumentException(
                    "cap %d is not at least 1 with micros × cap at most %d".formatted(cap, MOST_PER_EVENT));
        }
    }

    /**
     * The units that are paid for.
     *
     * @param quantity the token's {@code qty}, at least 1
     */
    public long units(long quantity) {
        return Math.min(quantity, cap);
    }

    /** The price of so many units: the edge's price rule. The ledger's is the function {@code price} of the schema; a test compares the two. */
    public Micros price(long units) {
        return new Micros(micros).times(units);
    }
}
