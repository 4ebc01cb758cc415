package dev.millrace.lab.torture;

import com.google.common.util.concurrent.AtomicLongMap;
import dev.millrace.lab.link.TcpLink;
import dev.millrace.lab.stack.Instance;
import dev.millrace.lab.stack.LabStack;
import dev.millrace.local.process.ServerProcess;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Carries faults out. Those of different targets overlap; of one target, each waits for the one before. Services that end
 * by themselves are started again, as their supervisor would. Thread-safe.
 */
final class Injector implements AutoCloseable {
    private static final Duration SUPERVISION = Duration.ofMillis(500);

    private final LabStack stack;
    private final Network network;
    private final Deviations deviations;
    private final CountDownLatch left;
    private final Map<Target, List<Fault>> faults;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<String> current = new ConcurrentSkipListSet<>();
    final AtomicLongMap<String> byKind = AtomicLongMap.create();
    final AtomicLongMap<String> byTarget = AtomicLongMap.create();

    /** Services that ended without having been killed, and were started again. */
    final AtomicLongMap<String> endedByThemselves = AtomicLongMap.create();

    /** @param faults in the order of their beginning */
    Injector(LabStack stack, Network network, List<Fault> faults, Deviations deviations) {
        this.stack = stack;
        this.network = network;
        this.deviations = deviations;
        this.left = new CountDownLatch(faults.size());
        this.faults = faults.stream().collect(Collectors.groupingBy(Fault::target));
    }

    /** Begins now, with a thread for each target. */
    void start() {
        long began = System.nanoTime();
        for (Target target : Target.values()) {
            var _ = threads.submit(() -> {
                for (Fault fault : faults.getOrDefault(target, List.of())) {
                    superviseUntil(began + fault.at().toNanos(), target);
                    carryOutNoted(fault);
                    left.countDown();
                }
                superviseUntil(System.nanoTime() + Long.MAX_VALUE / 2, target);
                return null;
            });
        }
    }

    /** Every fault is over: each link is healed, each process runs again. */
    boolean isOver() {
        return left.getCount() == 0;
    }

    /** What is wrong at this moment. */
    List<String> current() {
        return List.copyOf(current);
    }

    /** Lets go of everything; what is under way is broken off. */
    @Override
    public void close() {
        threads.shutdownNow();
        try {
            var _ = threads.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void superviseUntil(long nanos, Target target) throws InterruptedException {
        for (long rest = nanos - System.nanoTime(); rest > 0; rest = nanos - System.nanoTime()) {
            TimeUnit.NANOSECONDS.sleep(Math.min(rest, SUPERVISION.toNanos()));
            Instance service = target.isLink() ? null : target.instance();
            if (service != null && !stack.service(service).isAlive()) {
                stack.launch(service);
                endedByThemselves.incrementAndGet(target.toString());
            }
        }
    }

    private void carryOutNoted(Fault fault) throws InterruptedException {
        current.add(fault.toString());
        byKind.incrementAndGet(fault.kind().toString());
        byTarget.incrementAndGet(fault.target().toString());
        try {
            carryOut(fault);
        } catch (RuntimeException e) {
            deviations.add(fault.toString(), "that it comes back", e.getMessage());
        } finally {
            current.remove(fault.toString());
        }
    }

    private void carryOut(Fault fault) throws InterruptedException {
        switch (fault.kind()) {
            case KILL -> kill(fault.target(), fault.lasting());
            case STOP -> freeze(process(fault.target()), fault.lasting());
            case CUT, DELAY, HALF_OPEN, RESET -> spoil(network.link(fault.target()), fault);
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

    private ServerProcess process(Target target) {
        Instance instance = target.instance();
        if (instance != null) {
            return stack.service(instance);
        }
        return target == Target.REDIS ? stack.redis() : stack.postgres();
    }
}
