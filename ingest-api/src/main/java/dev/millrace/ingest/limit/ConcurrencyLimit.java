package dev.millrace.ingest.limit;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
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
 * delay; for servers: Maurer, 2015, Fail at scale).
 *
 * <p>Who holds a permit for a second is waiting for something, whatever it is, and loses it. Thread-safe.
 */
public final class ConcurrencyLimit implements Executor {
    /** A queue that has lasted this long will not go away by itself. */
    public static final Duration BURST = Duration.ofSeconds(1);

    /** Longest wait in such a queue. */
    static final Duration MOST_DELAY = Duration.ofMillis(100);

    /** Longest that a permit is held at a stretch; a thousand events take some ten milliseconds. */
    static final Duration MOST_HELD = Duration.ofSeconds(1);

    private static final long CHECKS_APART = Duration.ofMillis(100).toNanos();

    private static final Duration LOOKS_APART = Duration.ofMillis(5);

    private final ThreadFactory threads;
    private final LongSupplier nanoTime;
    private final Queue<Waiting> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger length = new AtomicInteger();
    private final AtomicInteger taken = new AtomicInteger();

    /** Those taken, and since when. */
    private final Map<Permit, Long> held = new ConcurrentHashMap<>();

    private final Permit.Source source = new Permit.Source() {
        @Override
        public void taken(Permit permit) {
            taken.incrementAndGet();
            held.put(permit, nanoTime.getAsLong());
        }

        @Override
        public void givenBack(Permit permit) {
            held.remove(permit);
            taken.decrementAndGet();
            beginWaiting();
        }
    };

    private volatile int permits;
    private volatile long lastEmpty;
    private volatile long lastCheck;

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
        this.lastCheck = lastEmpty;
    }

    /** Tasks that have not been begun. */
    public int waiting() {
        return length.get();
    }

    /**
     * From now on every task is begun at once, and so are those that wait.
     *
     * @param patience how long it is waited until each of them has released its permit: until then it has only been begun
     */
    public void lift(Duration patience) throws InterruptedException {
        permits = Integer.MAX_VALUE;
        beginWaiting();
        long began = System.nanoTime();
        for (Permit permit : List.copyOf(held.keySet())) {
            while (held.containsKey(permit) && System.nanoTime() - began < patience.toNanos()) {
                Thread.sleep(LOOKS_APART);
            }
        }
    }

    @Override
    public void execute(Runnable task) {
        long now = nanoTime.getAsLong();
        if (length.getAndIncrement() == 0) {
            lastEmpty = now;
        }
        waiting.add(new Waiting(task, now));
        beginWaiting();
        if (!waiting.isEmpty() && now - lastCheck > CHECKS_APART) {
            lastCheck = now;
            takeBackFromThoseWhoWait(now);
        }
    }

    private void takeBackFromThoseWhoWait(long now) {
        held.forEach((permit, since) -> {
            if (now - since > MOST_HELD.toNanos()) {
                permit.release();
                held.remove(permit);
            }
        });
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

    /** Where memory for a thread is out, the task waits on, and whoever wanted to begin it is told. */
    private void begin(Waiting next) {
        long now = nanoTime.getAsLong();
        Permit permit = new Permit(source, now - next.since(), isTooLate(next, now));
        length.decrementAndGet();
        try {
            held.put(permit, now);
            threads.newThread(() -> run(next.task(), permit)).start();
        } catch (Throwable e) {
            held.remove(permit);
            taken.decrementAndGet();
            length.incrementAndGet();
            waiting.add(next);
            throw e;
        }
    }

    private boolean isTooLate(Waiting next, long now) {
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
