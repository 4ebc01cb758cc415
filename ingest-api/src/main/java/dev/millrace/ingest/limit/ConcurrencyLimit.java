package dev.millrace.ingest.limit;

import com.google.common.collect.MapMaker;
import dev.millrace.ingest.limit.WaitingQueue.Waiting;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Begins the server's tasks in the order in which they come, a few at a time, each on a thread of its own, and none while as many
 * threads have something to go on with after a wait. The scheduler of virtual threads knows no such order: with thousands
 * of connections it would have requests begun that nobody has the time to finish. What waits here is small.
 *
 * <p>There is a queue for each {@link Standing} of the connection that a task came over. The trusted go first, but for one in
 * {@value #OTHERS_FIRST} that is new or repeats, by turns, so that none waits for ever. In each, who has waited for too
 * long is refused ({@link WaitingQueue}).
 *
 * <p>Who holds a permit for a second is waiting for something, whatever it is, and loses it. Thread-safe.
 */
public final class ConcurrencyLimit implements Executor {
    /** A queue that has lasted this long will not go away by itself. */
    public static final Duration BURST = Duration.ofSeconds(1);

    /** Longest wait in such a queue. */
    static final Duration MOST_DELAY = Duration.ofMillis(100);

    /** Of so many tasks begun one is of a connection that is not trusted, where such wait. */
    static final int OTHERS_FIRST = 4;

    /** Longest that a permit is held at a stretch; a thousand events take some ten milliseconds. */
    static final Duration MOST_HELD = Duration.ofSeconds(1);

    private static final long CHECKS_APART = Duration.ofMillis(100).toNanos();

    private static final Duration LOOKS_APART = Duration.ofMillis(5);

    private final ThreadFactory threads;
    private final LongSupplier nanoTime;
    private final Map<Standing, WaitingQueue> queues = new EnumMap<>(Standing.class);
    private final AtomicInteger begun = new AtomicInteger();

    /** Of those connections of which something is known, as long as they are anybody's. */
    private final ConcurrentMap<Object, Standing> standings =
            new MapMaker().weakKeys().makeMap();

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
        public void noted(Object connection, Standing standing) {
            if (standings.get(connection) != standing) {
                standings.put(connection, standing);
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
        for (Standing standing : Standing.values()) {
            queues.put(standing, new WaitingQueue(lastCheck));
        }
    }

    /** Tasks that have not been begun. */
    public int waiting() {
        return queues.values().stream().mapToInt(WaitingQueue::length).sum();
    }

    /** Those of them that came over a connection of this standing; who does not tell of a connection is new. */
    public int waiting(Standing standing) {
        return queue(standing).length();
    }

    private WaitingQueue queue(Standing standing) {
        return Objects.requireNonNull(queues.get(standing));
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
        queue(standing(connection)).add(new Waiting(task, connection, now));
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
                held.remove(permit, since); // Unless its thread has taken it anew meanwhile.
            }
        });
    }

    private Standing standing(@Nullable Object connection) {
        Standing standing = connection == null ? null : standings.get(connection);
        return standing == null ? Standing.NEW : standing;
    }

    private boolean someWait() {
        for (WaitingQueue queue : queues.values()) {
            if (!queue.isEmpty()) {
                return true;
            }
        }
        return false;
    }

    private void beginWaiting() {
        while (someWait() && take()) {
            if (!beginNext()) {
                taken.decrementAndGet();
            }
        }
    }

    /** Whether one was there to be begun. */
    private boolean beginNext() {
        int number = begun.incrementAndGet();
        if (number % (2 * OTHERS_FIRST) == 0 && beginOneOf(Standing.REPEATING)) {
            return true;
        }
        if (number % OTHERS_FIRST == 0 && beginOneOf(Standing.NEW)) {
            return true;
        }
        return beginOneOf(Standing.TRUSTED) || beginOneOf(Standing.NEW) || beginOneOf(Standing.REPEATING);
    }

    private boolean beginOneOf(Standing standing) {
        Waiting next = queue(standing).poll();
        if (next != null) {
            begin(next, standing);
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
    private void begin(Waiting next, Standing standing) {
        WaitingQueue queue = queue(standing);
        long now = nanoTime.getAsLong();
        Permit permit = new Permit(source, next.connection(), standing, now - next.since(), queue.isTooLate(next, now));
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
