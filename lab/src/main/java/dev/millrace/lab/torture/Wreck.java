package dev.millrace.lab.torture;

import dev.millrace.lab.link.Link;
import dev.millrace.lab.stack.Instance;
import dev.millrace.lab.stack.LabStack;
import dev.millrace.local.process.ServerProcess;
import java.time.Duration;

/** Carries a fault out, from its beginning to its end. One fault at a time for a target; different targets side by side. */
final class Wreck {
    private final LabStack stack;
    private final Network network;

    Wreck(LabStack stack, Network network) {
        this.stack = stack;
        this.network = network;
    }

    /** Returns when the fault is over: the link is healed, the process runs again. */
    void carryOut(Fault fault) throws InterruptedException {
        switch (fault.kind()) {
            case KILL -> kill(fault.target(), fault.lasting());
            case STOP -> stop(process(fault.target()), fault.lasting());
            case CUT, DELAY, HALF_OPEN, RESET -> spoil(network.link(fault.target()), fault);
        }
    }

    /** Starts a service that has ended by itself, as whatever supervises it would; true when it had. */
    boolean revive(Target target) {
        Instance instance = target.instance();
        if (instance == null || stack.service(instance).isAlive()) {
            return false;
        }
        stack.launch(instance);
        return true;
    }

    boolean isAlive(Target process) {
        return process(process).isAlive();
    }

    private void kill(Target target, Duration dead) throws InterruptedException {
        process(target).kill();
        Thread.sleep(dead);
        Instance instance = target.instance();
        if (instance != null) {
            stack.launch(instance);
        } else if (target == Target.REDIS) {
            stack.redis().restart();
        } else {
            stack.postgres().restart();
        }
    }

    private static void stop(ServerProcess process, Duration lasting) throws InterruptedException {
        process.freeze();
        try {
            Thread.sleep(lasting);
        } finally {
            process.resume();
        }
    }

    private static void spoil(Link link, Fault fault) throws InterruptedException {
        switch (fault.kind()) {
            case CUT -> link.cut();
            case DELAY -> link.delay(Duration.ofMillis(fault.strength()));
            case HALF_OPEN -> link.silence(fault.silent());
            default -> link.breakReplies(fault.strength());
        }
        Thread.sleep(fault.lasting());
        if (fault.kind() == FaultKind.HALF_OPEN && !fault.late()) {
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
