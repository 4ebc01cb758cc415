package dev.millrace.ingest.limit;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * Begins the server's tasks in the order in which they come, a few at a time, each on a thread of its own, and none while as many
 * threads have something to go on with after a wait. The scheduler of virtual threads knows no such order: with thousands
 * of connections it would have requests begun that nobody has the time to finish. What waits here is small.
 *
 * <p>How long it waits tells whether more comes than can be done: a queue that was never empty for a second is no burst any
 * more, and then those that have waited longest are refused (controlled delay: Nichols and Jacobson, 2012, Controlling queue
 * delay; for servers: Maurer, 2015, Fail at scale). Thread-safe.
 */
public final class ConcurrencyLimit implements Executor {
    /** A queue that has lasted this long will not go away by itself. */
    public static final Duration BURST = Duration.ofSeconds(1);

    /** Longest wait in such a queue. */
    static final Duration MOST_DELAY = Duration.ofMillis(100);

    private final int permits;
    private final ThreadFactory threads;
    private final LongSupplier nanoTime;
    private final Queue<Waiting> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger taken = new AtomicInteger();
    private final AtomicInteger length = new AtomicInteger();
    private final Permit.Source source = new Permit.Source() {
        @Override
        public void take() {
            taken.incrementAndGet();
        }

        @Override
        public void giveBack() {
            taken.decrementAndGet();
            beginWaiting();
        }
    };

    private volatile long lastEmpty;

    private record Waiting(Runnable task, long since) {}

    /**
     * @param permits most tasks worked on at a time, at least 1
     * @param nanoTime a monotonic clock
     */
    public ConcurrencyLimit(int permits, ThreadFactory threads, LongSupplier nanoTime) {
        this.permits = permits;
        this.threads = threads;
        this.nanoTime = nanoTime;
        this.lastEmpty = nanoTime.getAsLong();
    }

    /** Tasks that have not been begun. */
    public int waiting() {
        return length.get();
    }

    @Override
    public void execute(Runnable task) {
        long now = nanoTime.getAsLong();
        if (length.getAndIncrement() == 0) {
            lastEmpty = now;
        }
        waiting.add(new Waiting(task, now));
        beginWaiting();
    }

    private void beginWaiting() {
        while (!waiting.isEmpty() && take()) {
            Waiting next = waiting.poll();
            if (next == null) {
                taken.decrementAndGet();
            } else {
                begin(next);
            }
        }
    }

    /** Never one too many, not even for a moment: who gives one back meanwhile must find it free. */
    private boolean take() {
        int now = taken.get();
        while (now < permits && !taken.compareAndSet(now, now + 1)) {
            now = taken.get();
        }
        return now < permits;
    }

    private void begin(Waiting next) {
        length.decrementAndGet();
        Permit permit = new Permit(source, isTooLate(next));
        try {
            threads.newThread(() -> run(next.task(), permit)).start();
        } catch (Throwable e) {
            permit.end();
            throw e;
        }
    }

    private boolean isTooLate(Waiting next) {
        long now = nanoTime.getAsLong();
        return now - next.since() > MOST_DELAY.toNanos() && now - lastEmpty > BURST.toNanos();
    }

    private static void run(Runnable task, Permit permit) {
        try {
            ScopedValue.where(Permit.OF_THIS_THREAD, permit).run(task);
        } finally {
            permit.end();
        }
    }
}
