package dev.millrace.lab.bench;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Something that is done again and again. */
interface Job {
    /** One run. */
    void run() throws Exception;

    /**
     * Does the work, and the job each interval meanwhile; returns when neither is under way any more.
     *
     * @return {@link System#nanoTime} when the work was done, which may be before the job was
     */
    default long runDuring(Job work, Duration interval) throws Exception {
        Semaphore done = new Semaphore(0);
        try (ExecutorService timer = Executors.newSingleThreadExecutor()) {
            var runs = timer.submit(() -> {
                while (!done.tryAcquire(interval.toMillis(), TimeUnit.MILLISECONDS)) {
                    run();
                }
                return null;
            });
            long ended;
            try {
                work.run();
                ended = System.nanoTime();
            } finally {
                done.release();
            }
            runs.get();
            return ended;
        }
    }
}
