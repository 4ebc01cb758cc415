package dev.millrace.settlement.settle;

import java.time.Duration;

/** Does something when it is asked to and has not done it for a while. For one thread. */
final class Throttle implements Runnable {
    private final Runnable what;
    private final long pause;
    private long last = System.nanoTime();

    /** @param pause since the beginning or the last time, in which nothing is done */
    Throttle(Runnable what, Duration pause) {
        this.what = what;
        this.pause = pause.toNanos();
    }

    @Override
    public void run() {
        long now = System.nanoTime();
        if (now - last >= pause) {
            what.run();
            last = now;
        }
    }
}
