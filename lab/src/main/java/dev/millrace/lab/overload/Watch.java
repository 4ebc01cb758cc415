package dev.millrace.lab.overload;

import dev.millrace.lab.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Looks at a process' memory, and tells how far a run is, while another thread is busy with it. */
final class Watch implements AutoCloseable {
    private static final long PAUSE_MILLIS = 250;
    private static final int KIB_A_MIB = 1024;

    private final long pid;
    private final Progress progress;
    private final Supplier<String> state;
    private final long runBegan;
    private final long begin;
    private final Thread thread;
    private final long halfTime;
    private volatile long half;
    private volatile long most;

    private Watch(long pid, Progress progress, long runBegan, Duration length, Supplier<String> state) {
        this.pid = pid;
        this.progress = progress;
        this.runBegan = runBegan;
        this.state = state;
        this.begin = residentMib(pid);
        this.half = begin;
        this.most = begin;
        this.halfTime = System.nanoTime() + length.dividedBy(2).toNanos();
        this.thread = Thread.ofPlatform().name("watch").unstarted(this::look);
    }

    /**
     * @param pid of the process
     * @param runBegan {@link System#nanoTime} when the command did
     * @param length of what begins now
     * @param state what to tell of it
     */
    static Watch start(long pid, Progress progress, long runBegan, Duration length, Supplier<String> state) {
        Watch watch = new Watch(pid, progress, runBegan, length, state);
        watch.thread.start();
        return watch;
    }

    /** @param liveBytes of the heap */
    Memory memory(long liveBytes) {
        long end = residentMib(pid);
        return new Memory(begin, half, Math.max(most, end), end, liveBytes / KIB_A_MIB / KIB_A_MIB);
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        try {
            while (true) {
                Thread.sleep(PAUSE_MILLIS);
                most = Math.max(most, residentMib(pid));
                half = System.nanoTime() - halfTime < 0 ? most : half;
                Duration elapsed = Duration.ofNanos(System.nanoTime() - runBegan);
                progress.state(
                        elapsed, "%d:%02d  %s".formatted(elapsed.toMinutes(), elapsed.toSecondsPart(), state.get()));
            }
        } catch (InterruptedException e) {
            // It is over.
        }
    }

    /** Of /proc; 0 where the system does not tell. */
    private static long residentMib(long pid) {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(pid), "status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / KIB_A_MIB)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }
}
