package dev.millrace.lab.torture;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Carries a schedule out. Faults of different targets overlap; of one target, each waits for the one before. Services that end
 * by themselves are started again, as their supervisor would. Thread-safe.
 */
final class Injector implements AutoCloseable {
    private static final Duration SUPERVISION = Duration.ofMillis(500);

    private final Wreck wreck;
    private final Schedule schedule;
    private final Differences differences;
    private final Map<Target, ExecutorService> turns = new EnumMap<>(Target.class);
    private final ExecutorService clockwork = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<String> current = new ConcurrentSkipListSet<>();
    private final Tallies byKind = new Tallies();
    private final Tallies byTarget = new Tallies();
    private final Tallies endedByThemselves = new Tallies();

    Injector(Wreck wreck, Schedule schedule, Differences differences) {
        this.wreck = wreck;
        this.schedule = schedule;
        this.differences = differences;
        for (Target target : Target.values()) {
            turns.put(
                    target, Executors.newSingleThreadExecutor(Thread.ofVirtual().factory()));
        }
    }

    /** Begins now; completes when all faults are over. */
    Future<?> start() {
        var _ = clockwork.submit(this::supervise);
        return clockwork.submit(this::run);
    }

    Tallies byKind() {
        return byKind;
    }

    Tallies byTarget() {
        return byTarget;
    }

    /** Services that ended without having been killed, and were started again. */
    Tallies endedByThemselves() {
        return endedByThemselves;
    }

    /** What is wrong at this moment. */
    List<String> current() {
        return List.copyOf(current);
    }

    /** Lets go of everything; what is under way is broken off. */
    @Override
    public void close() {
        clockwork.shutdownNow();
        turns.values().forEach(ExecutorService::shutdownNow);
        try {
            for (ExecutorService turn : turns.values()) {
                var _ = turn.awaitTermination(10, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Void run() throws Exception {
        long began = System.nanoTime();
        List<Future<?>> faults = new ArrayList<>();
        for (Fault fault : schedule.faults()) {
            TimeUnit.NANOSECONDS.sleep(fault.at().toNanos() - (System.nanoTime() - began));
            faults.add(turn(fault.target()).submit(() -> carryOut(fault)));
        }
        for (Future<?> fault : faults) {
            fault.get();
        }
        return null;
    }

    private void carryOut(Fault fault) {
        current.add(fault.toString());
        byKind.add(fault.kind().toString());
        byTarget.add(fault.target().toString());
        try {
            wreck.carryOut(fault);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            differences.add(new Difference(fault.toString(), "that it comes back", String.valueOf(e.getMessage())));
        } finally {
            current.remove(fault.toString());
        }
    }

    private Void supervise() throws InterruptedException {
        while (true) {
            Thread.sleep(SUPERVISION);
            for (Target process : Target.processes()) {
                if (process.instance() != null && !wreck.isAlive(process)) {
                    var _ = turn(process).submit(() -> revive(process));
                }
            }
        }
    }

    private void revive(Target process) {
        if (wreck.revive(process)) {
            endedByThemselves.add(process.toString());
        }
    }

    private ExecutorService turn(Target target) {
        ExecutorService turn = turns.get(target);
        if (turn == null) {
            throw new IllegalStateException("no turn for " + target);
        }
        return turn;
    }
}
