package dev.millrace.settlement.reconcile;

import java.math.BigInteger;

/** Micros of any size: a sum over damaged rows may not fit into a {@code long}. */
record Amount(BigInteger micros) {
    /**
     * @param text a whole number
     */
    Amount(String text) {
        this(new BigInteger(text));
    }

    @Override
    public String toString() {
        return micros.toString();
    }
}
