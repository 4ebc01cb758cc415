package dev.millrace.client;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The events that wait or are under way, bounded, and the counts. Thread-safe; one lock guards all of it. */
final class EventQueue {
    /** The edge takes 512 KiB a request. */
    static final int MOST_BYTES = 500_000;

    private final ClientOptions options;
    private final ReentrantLock lock = new ReentrantLock();

    /** A batch may be ready, or the queue was closed. */
    private final Condition ready = lock.newCondition();

    /** There is room again, or the queue was closed. */
    private final Condition room = lock.newCondition();

    /** Nothing waits or is under way. */
    private final Condition idle = lock.newCondition();

    private final ArrayDeque<Pending> waiting = new ArrayDeque<>();
    private final List<Event> leftBehind = new ArrayList<>();
    private long bytes;
    private boolean isClosed;

    private long taken;
    private long accepted;
    private long duplicate;
    private long filtered;
    private long rejected;
    private long unanswered;
    private long requests;
    private long repeated;

    EventQueue(ClientOptions options) {
        this.options = options;
    }

    /**
     * Takes an event.
     *
     * @param waits whether to wait for room
     * @return false where there is no room
     * @throws IllegalStateException when the queue is closed
     */
    boolean add(Pending event, boolean waits) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!isClosed && open() >= options.capacity() && waits) {
                room.await();
            }
            if (isClosed) {
                throw new IllegalStateException("the client is closed");
            }
            if (open() >= options.capacity()) {
                return false;
            }
            taken++;
            bytes += event.bytes();
            waiting.add(event);
            if (waiting.size() == 1 || isFull()) {
                ready.signal();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** The next batch, once it is full or its first event has waited long enough; empty when all is done and closed. */
    List<Pending> next() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                Pending first = waiting.peek();
                long left = first == null ? 0 : first.since() + options.linger().toNanos() - System.nanoTime();
                if (first == null) {
                    if (isClosed) {
                        return List.of();
                    }
                    ready.await();
                } else if (isClosed || isFull() || left <= 0) {
                    return batch();
                } else {
                    ready.awaitNanos(left);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isFull() {
        return waiting.size() >= options.batch() || bytes >= MOST_BYTES;
    }

    private List<Pending> batch() {
        List<Pending> batch = new ArrayList<>();
        long size = 1;
        for (Pending next = waiting.peek(); next != null && batch.size() < options.batch(); next = waiting.peek()) {
            size += next.bytes() + 1L;
            if (size > MOST_BYTES && !batch.isEmpty()) {
                break;
            }
            batch.add(waiting.remove());
            bytes -= next.bytes();
        }
        if (!waiting.isEmpty()) {
            ready.signal();
        }
        return batch;
    }

    void sent(boolean again) {
        lock.lock();
        try {
            requests++;
            repeated += again ? 1 : 0;
        } finally {
            lock.unlock();
        }
    }

    /** Counts what became of an event, and gives its place to another; null where nobody knows. */
    void answered(Pending event, @Nullable Outcome outcome) {
        lock.lock();
        try {
            switch (outcome) {
                case null -> {
                    unanswered++;
                    if (isClosed) {
                        leftBehind.add(event.event());
                    }
                }
                case Outcome.Accepted() -> accepted++;
                case Outcome.Duplicate() -> duplicate++;
                case Outcome.Filtered _ -> filtered++;
                case Outcome.Rejected _ -> rejected++;
            }
            room.signal();
            if (open() == 0) {
                idle.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Takes nothing more; what waits goes out at once. */
    void close() {
        lock.lock();
        try {
            isClosed = true;
            ready.signalAll();
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether everything was answered within that time. */
    boolean awaitIdle(long nanos) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = nanos;
            while (open() > 0 && left > 0) {
                left = idle.awaitNanos(left);
            }
            return open() == 0;
        } finally {
            lock.unlock();
        }
    }

    /** Whatever waits, for the last time. */
    List<Pending> drain() {
        lock.lock();
        try {
            List<Pending> all = List.copyOf(waiting);
            waiting.clear();
            bytes = 0;
            return all;
        } finally {
            lock.unlock();
        }
    }

    /** Events that were not answered since the queue was closed. */
    List<Event> leftBehind() {
        lock.lock();
        try {
            return List.copyOf(leftBehind);
        } finally {
            lock.unlock();
        }
    }

    Statistics statistics() {
        lock.lock();
        try {
            return new Statistics(
                    taken, accepted, duplicate, filtered, rejected, unanswered, open(), requests, repeated);
        } finally {
            lock.unlock();
        }
    }

    private long open() {
        return taken - accepted - duplicate - filtered - rejected - unanswered;
    }
}
