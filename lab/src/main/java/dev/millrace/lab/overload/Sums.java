package dev.millrace.lab.overload;

/**
 * The same money as three see it, in micros.
 *
 * @param acknowledged to clients
 * @param counted in Redis
 * @param settled in creators' balances of the ledger
 */
record Sums(long acknowledged, long counted, long settled) {
    boolean areEqual() {
        return acknowledged == counted && counted == settled;
    }

    /** Micros that were acknowledged and are not in the ledger; below zero those that were paid and not acknowledged. */
    long lost() {
        return acknowledged - settled;
    }

    @Override
    public String toString() {
        return "%,d micros acknowledged, %,d counted in Redis, %,d in the ledger"
                .formatted(acknowledged, counted, settled);
    }
}
