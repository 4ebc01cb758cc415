package dev.millrace.lab.torture;

import java.time.Duration;
import java.util.List;

/** Every process that this one has started, directly or not. */
final class Descendants {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration QUIET = Duration.ofSeconds(1);

    private Descendants() {}

    /** SIGKILL to all, frozen ones too, until none has been seen for a second: one that was just being started is found too. */
    static void end() {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        long quietSince = System.nanoTime();
        while (System.nanoTime() - quietSince < QUIET.toNanos() && System.nanoTime() < deadline) {
            List<ProcessHandle> all = ProcessHandle.current().descendants().toList();
            all.forEach(ProcessHandle::destroyForcibly);
            if (!all.isEmpty()) {
                quietSince = System.nanoTime();
            }
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
