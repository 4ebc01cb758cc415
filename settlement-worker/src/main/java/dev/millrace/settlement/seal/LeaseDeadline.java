package dev.millrace.settlement.seal;

import dev.millrace.counters.Link;
import java.time.Duration;

/**
 * Keeps a worker that was frozen from acting on Redis by what it knew before. A lock on a cursor ends with its transaction,
 * but a worker that sleeps between its last statement and a script does not notice. So such a script is given a last
 * second, by Redis' own clock, and refuses after it.
 */
public final class LeaseDeadline {
    /** Longer than any pause of a worker that is alive, shorter than it takes to restore a store. */
    private static final Duration WIDTH = Duration.ofSeconds(10);

    private LeaseDeadline() {}

    /**
     * The last second, Unix time of Redis' clock, in which what is known under the lock may be acted on. It is asked for before a statement in
     * the transaction that holds the lock, which fails where that has ended: so the fence stands from a moment at which the lock was held.
     */
    public static long until(Link link) {
        return link.second() + WIDTH.toSeconds();
    }
}
