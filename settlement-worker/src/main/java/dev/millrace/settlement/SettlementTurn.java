package dev.millrace.settlement;

import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Settles what is due, and then leaves the database alone until something is due again, as far as is known; where something
 * is due and can't be settled, each turn tries. Whatever came of it, the watch looks at it. For one thread.
 */
final class SettlementTurn implements Runnable {
    private final Supplier<Duration> settleDue;
    private final Looks watch;
    private final Duration interval;
    private final LongSupplier nanoTime;
    private long next;

    /** The watch, which is told to look. */
    interface Looks {
        /** @param isHeld whether something is due and could not be settled */
        void again(boolean isHeld);
    }

    /**
     * @param settleDue settles what is due, and tells how long until something is again; not positive where something is
     * @param interval most time between two tries
     * @param nanoTime a monotonic clock
     */
    SettlementTurn(Supplier<Duration> settleDue, Looks watch, Duration interval, LongSupplier nanoTime) {
        this.settleDue = settleDue;
        this.watch = watch;
        this.interval = interval;
        this.nanoTime = nanoTime;
        this.next = nanoTime.getAsLong();
    }

    @Override
    public void run() {
        if (nanoTime.getAsLong() - next < 0) {
            return;
        }
        Duration until = Duration.ZERO;
        try {
            until = settleDue.get();
        } finally {
            watch.again(!until.isPositive());
        }
        next = nanoTime.getAsLong() + (until.compareTo(interval) < 0 ? until : interval).toNanos();
    }
}
