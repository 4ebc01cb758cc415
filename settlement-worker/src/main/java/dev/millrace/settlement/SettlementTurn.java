package dev.millrace.settlement;

import dev.millrace.settlement.settle.Settlement;
import dev.millrace.settlement.watch.Watch;
import java.time.Duration;

/**
 * Settles what is due, and then leaves the database alone until something is due again, as far as is known; where something
 * is due and can't be settled, each turn tries. Whatever came of it, the watch looks at it. For one thread.
 */
final class SettlementTurn implements Runnable {
    private final Settlement settlement;
    private final Watch watch;
    private final Duration interval;
    private long next = System.nanoTime();

    /** @param interval most time between two tries */
    SettlementTurn(Settlement settlement, Watch watch, Duration interval) {
        this.settlement = settlement;
        this.watch = watch;
        this.interval = interval;
    }

    @Override
    public void run() {
        if (System.nanoTime() - next < 0) {
            return;
        }
        Duration until = Duration.ZERO;
        try {
            until = settlement.settleDue();
        } finally {
            watch.lookAgain(!until.isPositive());
        }
        next = System.nanoTime() + (until.compareTo(interval) < 0 ? until : interval).toNanos();
    }
}
