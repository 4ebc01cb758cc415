package dev.millrace.lab.torture;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;

/** Threads that do the same thing again and again until they are told to stop. Thread-safe. */
final class Crowd {
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final List<Thread> threads;
    private final Deviations deviations;

    /** One round. */
    interface Work {
        void round() throws InterruptedException;
    }

    /** Starts a virtual thread for each piece of work; one that throws is a difference, and ends. */
    Crowd(List<? extends Work> works, Deviations deviations) {
        this.deviations = deviations;
        this.threads = IntStream.range(0, works.size())
                .mapToObj(i -> Thread.ofVirtual().start(() -> run(works.get(i))))
                .toList();
    }

    /** Lets each finish its round and waits for that; true when all have. */
    boolean stop(Duration patience) throws InterruptedException {
        stopping.set(true);
        long deadline = System.nanoTime() + patience.toNanos();
        boolean all = true;
        for (Thread thread : threads) {
            all &= thread.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
        }
        return all;
    }

    private void run(Work work) {
        while (!stopping.get()) {
            try {
                work.round();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                deviations.add("the torture itself", "no failure", e.toString());
                return;
            }
        }
    }
}
