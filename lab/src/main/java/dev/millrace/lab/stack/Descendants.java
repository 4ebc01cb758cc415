package dev.millrace.lab.stack;

import dev.millrace.local.process.Signal;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Every process that this one has started, directly or not. */
final class Descendants {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration QUIET = Duration.ofSeconds(1);
    private static final long PAUSE_MILLIS = 50;

    private Descendants() {}

    /**
     * SIGKILL to all, frozen ones too; returns when all are gone and no new one has been seen for a second. They are frozen
     * before, so that none can start another one that would be left when its parent is gone.
     */
    static void end() {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        long quietSince = System.nanoTime();
        Set<ProcessHandle> seen = new HashSet<>();
        while (System.nanoTime() - quietSince < QUIET.toNanos() && System.nanoTime() < deadline) {
            if (freezeNew(seen) || seen.stream().anyMatch(ProcessHandle::isAlive)) {
                quietSince = System.nanoTime();
            }
            seen.forEach(ProcessHandle::destroyForcibly);
            try {
                Thread.sleep(PAUSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** Stops and adds those not seen before, until there is none; true when there was one. */
    private static boolean freezeNew(Set<ProcessHandle> seen) {
        boolean found = false;
        while (true) {
            List<ProcessHandle> fresh = ProcessHandle.current()
                    .descendants()
                    .filter(process -> !seen.contains(process))
                    .toList();
            if (fresh.isEmpty()) {
                return found;
            }
            found = true;
            Signal.STOP.send(fresh);
            seen.addAll(fresh);
        }
    }
}
