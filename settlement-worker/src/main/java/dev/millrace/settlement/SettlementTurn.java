package dev.millrace.settlement;

import com.google.common.base.Ticker;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Settles what is due, and then leaves the database alone until something is due again, as far as is known. Where something is due and can't be
 * settled, each turn tries. Each try triggers the watch, also one that fails. For one thread.
 */
final class SettlementTurn implements Runnable {
    private final Supplier<Duration> settleDue;
    private final Consumer<Boolean> watch;
    private final Duration interval;
    private final Ticker ticker;
    private long next;

    /**
     * @param settleDue settles what is due, and tells how long until something is again; not positive where something is
     * @param watch is told to look, and whether something is due and could not be settled
     * @param interval most time between two tries
     */
    SettlementTurn(Supplier<Duration> settleDue, Consumer<Boolean> watch, Duration interval, Ticker ticker) {
        this.settleDue = settleDue;
        this.watch = watch;
        this.interval = interval;
        this.ticker = ticker;
        this.next = ticker.read();
    }

    @Override
    public void run() {
        if (ticker.read() - next < 0) {
            return;
        }
        Duration until = Duration.ZERO;
        try {
            until = settleDue.get();
        } finally {
            watch.accept(!until.isPositive());
        }
        next = ticker.read() + (until.compareTo(interval) < 0 ? until : interval).toNanos();
    }
}
