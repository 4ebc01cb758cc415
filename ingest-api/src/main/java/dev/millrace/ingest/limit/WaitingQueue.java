package dev.millrace.ingest.limit;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Tasks in the order in which they came. How long they wait tells whether more comes than can be done: a queue that was
 * never empty for a second is no burst any more, and then those that have waited longest are refused (controlled delay: Nichols
 * and Jacobson, 2012, Controlling queue delay; for servers: Maurer, 2015, Fail at scale). Thread-safe.
 */
final class WaitingQueue {
    private final Queue<Waiting> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger length = new AtomicInteger();
    private volatile long lastEmpty;

    /**
     * @param now the monotonic clock, nanoseconds, as everywhere here
     */
    WaitingQueue(long now) {
        this.lastEmpty = now;
    }

    /**
     * A task that has not been begun.
     *
     * @param connection it came over, or null where it did not say
     * @param since when it came
     */
    record Waiting(Runnable task, @Nullable Object connection, long since) {}

    void add(Waiting task) {
        if (length.getAndIncrement() == 0) {
            lastEmpty = task.since();
        }
        waiting.add(task);
    }

    /** Takes the next one out, or null where there is none. */
    @Nullable
    Waiting poll() {
        Waiting next = waiting.poll();
        if (next != null) {
            length.decrementAndGet();
        }
        return next;
    }

    /** Puts one back that could not be begun, behind the others. */
    void putBack(Waiting task) {
        length.incrementAndGet();
        waiting.add(task);
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    int length() {
        return length.get();
    }

    boolean isTooLate(Waiting next, long now) {
        return now - next.since() > ConcurrencyLimit.MOST_DELAY.toNanos()
                && now - lastEmpty > ConcurrencyLimit.BURST.toNanos();
    }
}
