package dev.millrace.lab.stack;

/**
 * The same money as three see it, in micros.
 *
 * @param acknowledged to clients
 * @param counted in Redis
 * @param settled in creators' balances of the ledger
 */
public record Sums(long acknowledged, long counted, long settled) {
    /**
     * What there is in all now.
     *
     * @param acknowledged micros since the stack was new
     */
    public static Sums of(MillraceStack stack, long acknowledged) {
        return new Sums(acknowledged, stack.countedMicros(), stack.settledMicros());
    }

    /** What there is more than before. */
    public Sums since(Sums before) {
        return new Sums(acknowledged - before.acknowledged, counted - before.counted, settled - before.settled);
    }

    public boolean areEqual() {
        return acknowledged == counted && counted == settled;
    }

    /** Micros that were acknowledged and are not in the ledger; below zero those that were paid and not acknowledged. */
    public long lost() {
        return acknowledged - settled;
    }

    @Override
    public String toString() {
        return "%,d micros acknowledged, %,d counted in Redis, %,d in the ledger"
                .formatted(acknowledged, counted, settled);
    }
}
