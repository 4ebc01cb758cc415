package dev.millrace.lab.overload;

import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.Sums;

/** Holds what was acknowledged since a moment against what Redis and the ledger have got since. */
final class Account {
    private final MillraceStack stack;
    private final long countedBefore;
    private final long settledBefore;

    private Account(MillraceStack stack, long counted, long settled) {
        this.stack = stack;
        this.countedBefore = counted;
        this.settledBefore = settled;
    }

    /** From now on; nothing is under way. */
    static Account open(MillraceStack stack) throws Exception {
        stack.settle();
        return new Account(stack, stack.countedMicros(), stack.settledMicros());
    }

    /** Settles, and returns what that has come to. */
    Sums close(long acknowledgedEvents) throws Exception {
        stack.settle();
        return new Sums(
                acknowledgedEvents * Events.MICROS,
                stack.countedMicros() - countedBefore,
                stack.settledMicros() - settledBefore);
    }
}
