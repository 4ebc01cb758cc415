package dev.millrace.lab.torture;

import dev.millrace.lab.link.TcpLink;
import dev.millrace.lab.stack.Instance;
import dev.millrace.lab.stack.LabStack;
import dev.millrace.local.process.ServerProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

    private final LabStack stack;
    private final Network network;
    private final Schedule schedule;
    private final Deviations deviations;
    private final Map<Target, ExecutorService> turns = new EnumMap<>(Target.class);
    private final ExecutorService clockwork = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<String> current = new ConcurrentSkipListSet<>();
    private final Tallies byKind = new Tallies();
    private final Tallies byTarget = new Tallies();
    private final Tallies endedByThemselves = new Tallies();

    Injector(LabStack stack, Network network, Schedule schedule, Deviations deviations) {
        this.stack = stack;
        this.network = network;
        this.schedule = schedule;
        this.deviations = deviations;
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

    /** Returns when the fault is over: the link is healed, the process runs again. */
    private void carryOut(Fault fault) {
        current.add(fault.toString());
        byKind.add(fault.kind().toString());
        byTarget.add(fault.target().toString());
        try {
            switch (fault.kind()) {
                case KILL -> kill(fault.target(), fault.lasting());
                case STOP -> freeze(process(fault.target()), fault.lasting());
                case CUT, DELAY, HALF_OPEN, RESET -> spoil(network.link(fault.target()), fault);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            deviations.add(fault.toString(), "that it comes back", e.getMessage());
        } finally {
            current.remove(fault.toString());
        }
    }

    private void kill(Target target, Duration dead) throws InterruptedException {
        process(target).kill();
        Thread.sleep(dead);
        Instance instance = target.instance();
        if (instance != null) {
            stack.launch(instance);
        } else {
            process(target).restart();
        }
    }

    private static void freeze(ServerProcess process, Duration lasting) throws InterruptedException {
        process.freeze();
        try {
            Thread.sleep(lasting);
        } finally {
            process.resume();
        }
    }

    private static void spoil(TcpLink link, Fault fault) throws InterruptedException {
        switch (fault.kind()) {
            case CUT -> link.cut();
            case DELAY -> link.delay(Duration.ofMillis(fault.strength()));
            case HALF_OPEN -> link.silence(fault.silent());
            default -> link.breakReplies(fault.strength());
        }
        Thread.sleep(fault.lasting());
        if (fault.kind() == Fault.Kind.HALF_OPEN && !fault.late()) {
            link.healWithLoss();
        } else {
            link.heal();
        }
    }

    private Void supervise() throws InterruptedException {
        while (true) {
            Thread.sleep(SUPERVISION);
            for (Target process : Target.processes()) {
                if (process.instance() != null && !process(process).isAlive()) {
                    var _ = turn(process).submit(() -> revive(process));
                }
            }
        }
    }

    /** In its turn: a process that a fault has killed is started by that fault. */
    private void revive(Target process) {
        if (!process(process).isAlive()) {
            stack.launch(Objects.requireNonNull(process.instance()));
            endedByThemselves.add(process.toString());
        }
    }

    private ServerProcess process(Target target) {
        Instance instance = target.instance();
        if (instance != null) {
            return stack.service(instance);
        }
        return target == Target.REDIS ? stack.redis() : stack.postgres();
    }

    private ExecutorService turn(Target target) {
        return Objects.requireNonNull(turns.get(target));
    }
}
