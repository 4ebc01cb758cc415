package dev.millrace.ingest.limit;

import com.google.common.collect.MapMaker;
import dev.millrace.ingest.limit.WaitingQueue.Waiting;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * Begins the server's tasks in the order in which they come, a few at a time, each on a thread of its own, and none while as many
 * threads have something to go on with after a wait. The scheduler of virtual threads knows no such order: with thousands
 * of connections it would have requests begun that nobody has the time to finish. What waits here is small.
 *
 * <p>There are two queues: what comes over a connection whose last request was nothing but a repetition waits behind all else, but
 * for one in {@value #OTHERS_FIRST}, so that it is answered too. In each, who has waited for too long is refused ({@link WaitingQueue}).
 *
 * <p>Who holds a permit for a second is waiting for something, whatever it is, and loses it. Thread-safe.
 */
public final class ConcurrencyLimit implements Executor {
    /** A queue that has lasted this long will not go away by itself. */
    public static final Duration BURST = Duration.ofSeconds(1);

    /** Longest wait in such a queue. */
    static final Duration MOST_DELAY = Duration.ofMillis(100);

    /** Of so many tasks begun one is a repetition, where both wait. */
    static final int OTHERS_FIRST = 16;

    /** Longest that a permit is held at a stretch; a thousand events take some ten milliseconds. */
    static final Duration MOST_HELD = Duration.ofSeconds(1);

    private static final long CHECKS_APART = Duration.ofMillis(100).toNanos();

    private static final Duration LOOKS_APART = Duration.ofMillis(5);

    private final ThreadFactory threads;
    private final LongSupplier nanoTime;
    private final WaitingQueue usual;
    private final WaitingQueue repetitions;
    private final AtomicInteger begun = new AtomicInteger();

    /** Connections whose last request was a repetition, as long as they are anybody's. */
    private final Set<Object> repeating =
            Collections.newSetFromMap(new MapMaker().weakKeys().makeMap());

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

        @Override
        public void repeats(Object connection, boolean does) {
            if (does) {
                repeating.add(connection);
            } else {
                repeating.remove(connection);
            }
        }
    };

    private volatile int permits;
    private volatile long lastCheck;

    /**
     * @param permits most tasks worked on at a time, at least 1
     * @param nanoTime a monotonic clock
     */
    public ConcurrencyLimit(int permits, ThreadFactory threads, LongSupplier nanoTime) {
        this.permits = permits;
        this.threads = threads;
        this.nanoTime = nanoTime;
        this.lastCheck = nanoTime.getAsLong();
        this.usual = new WaitingQueue(lastCheck);
        this.repetitions = new WaitingQueue(lastCheck);
    }

    /** Tasks that have not been begun. */
    public int waiting() {
        return usual.length() + repetitions.length();
    }

    /** Those of them that came over a connection whose last request was a repetition. */
    public int waitingRepetitions() {
        return repetitions.length();
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
        Object connection = task instanceof FromConnection from ? from.connection() : null;
        boolean repeats = connection != null && !repeating.isEmpty() && repeating.contains(connection);
        (repeats ? repetitions : usual).add(task, connection, now);
        beginWaiting();
        if (someWait() && now - lastCheck > CHECKS_APART) {
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

    private boolean someWait() {
        return !usual.isEmpty() || !repetitions.isEmpty();
    }

    private void beginWaiting() {
        while (someWait() && take()) {
            WaitingQueue first = usual;
            if (!repetitions.isEmpty() && Math.floorMod(begun.getAndIncrement(), OTHERS_FIRST) == 0) {
                first = repetitions;
            }
            if (!beginOneOf(first) && !beginOneOf(first == usual ? repetitions : usual)) {
                taken.decrementAndGet();
            }
        }
    }

    private boolean beginOneOf(WaitingQueue queue) {
        Waiting next = queue.poll();
        if (next != null) {
            begin(next, queue);
        }
        return next != null;
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
    private void begin(Waiting next, WaitingQueue queue) {
        long now = nanoTime.getAsLong();
        Permit permit = new Permit(source, next.connection(), now - next.since(), queue.isTooLate(next, now));
        queue.left();
        try {
            held.put(permit, now);
            threads.newThread(() -> run(next.task(), permit)).start();
        } catch (Throwable e) {
            held.remove(permit);
            taken.decrementAndGet();
            queue.putBack(next);
            throw e;
        }
    }

    private static void run(Runnable task, Permit permit) {
        try {
            ScopedValue.where(Permit.OF_THIS_THREAD, permit).run(task);
        } finally {
            permit.end();
        }
    }
}
