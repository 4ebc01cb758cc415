package dev.millrace.ingest.tally;

import com.google.common.base.Ticker;
import java.time.Duration;

/** How fast a count grows, over the last minutes. For one thread that observes, and any that ask. */
final class GrowthRate {
    private static final Duration WINDOW = Duration.ofMinutes(5);

    private final Ticker ticker;
    private long from;
    private long countThen = -1;
    private volatile double perSecond;

    GrowthRate(Ticker ticker) {
        this.ticker = ticker;
    }

    /** The count is this now. One that has fallen begins anew. */
    void observe(long count) {
        long now = ticker.read();
        if (countThen < 0 || count < countThen) {
            from = now;
            countThen = count;
            return;
        }
        double seconds = (now - from) / 1e9;
        if (seconds >= 1) {
            perSecond = (count - countThen) / seconds;
        }
        if (now - from >= WINDOW.toNanos()) {
            from = now;
            countThen = count;
        }
    }

    double perSecond() {
        return perSecond;
    }
}
