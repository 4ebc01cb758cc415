package dev.millrace.lab.torture;

import dev.millrace.lab.link.TcpLink.Direction;
import dev.millrace.lab.torture.Fault.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Draws the faults of a run. Nothing but seed, length and kinds decides on them: not how fast the machine is, nor what the
 * run does.
 *
 * <p>The time is cut into equal slots and each holds one fault at a random moment, so their number is certain. A target
 * gets a rest after a fault, so that most events do get through.
 */
final class Schedule {
    /** One fault in so long, on average: 23 in a minute, 231 in ten. */
    private static final Duration SLOT = Duration.ofMillis(2_600);

    private static final Duration RUN_UP = Duration.ofSeconds(1);
    private static final Duration REST = Duration.ofSeconds(1);

    /** How long a service takes to start on two cores that have other work. */
    private static final Duration SERVICE_START = Duration.ofSeconds(45);

    private static final Duration SERVER_START = Duration.ofSeconds(12);

    /** Draws for a target that has had its rest, before any is taken. */
    private static final int TRIES = 100;

    private final RandomGenerator random;
    private final List<Kind> kinds;
    private final Map<Target, Duration> restedAt = new EnumMap<>(Target.class);

    private Schedule(long seed, Set<Kind> kinds) {
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        this.kinds = kinds.stream().sorted().toList();
    }

    /** The faults of a run in the order of their beginning. */
    static List<Fault> draw(long seed, Duration length, Set<Kind> kinds) {
        Schedule schedule = new Schedule(seed, kinds);
        long slots = Math.max(1, length.minus(RUN_UP).dividedBy(SLOT) + 1);
        Duration slot = length.minus(RUN_UP).dividedBy(slots);
        List<Fault> faults = new ArrayList<>();
        for (int i = 0; i < slots; i++) {
            faults.add(schedule.fault(RUN_UP.plus(slot.multipliedBy(i)), slot));
        }
        return faults;
    }

    private Fault fault(Duration from, Duration slot) {
        Duration at = from.plusMillis(random.nextLong(slot.toMillis()));
        Kind kind = kinds.get(random.nextInt(kinds.size()));
        Target target = target(kind, at);
        Fault fault = new Fault(
                kind,
                target,
                at,
                lasting(kind, target),
                strength(kind),
                kind == Kind.HALF_OPEN ? silent() : Set.of(),
                random.nextBoolean());
        rest(fault);
        return fault;
    }

    private Target target(Kind kind, Duration at) {
        List<Target> targets = Target.all(kind.isOnLink());
        for (int i = 0; i < TRIES; i++) {
            Target target = targets.get(random.nextInt(targets.size()));
            if (restedAt(target).compareTo(at) <= 0) {
                return target;
            }
        }
        return targets.stream().min(Comparator.comparing(this::restedAt)).orElseThrow();
    }

    private Duration restedAt(Target target) {
        return restedAt.getOrDefault(target, Duration.ZERO);
    }

    private void rest(Fault fault) {
        Target target = fault.target();
        boolean killed = fault.kind() == Kind.KILL;
        Duration recovery = !killed ? REST : target.instance() != null ? SERVICE_START : SERVER_START;
        Duration rested = fault.at().plus(fault.lasting()).plus(recovery);
        restedAt.put(target, rested);
        if (killed) {
            target.group().forEach(one -> restedAt.merge(one, rested, (a, b) -> a.compareTo(b) > 0 ? a : b));
        }
    }

    /** A worker also sleeps for longer than its transaction may be idle, so that it wakes up as a zombie. */
    private Duration lasting(Kind kind, Target target) {
        return switch (kind) {
            case KILL -> between(0, 1_500);
            case STOP ->
                switch (target) {
                    case WORKER_1, WORKER_2 -> between(500, 8_000);
                    case REDIS, POSTGRES -> between(300, 4_000);
                    default -> between(300, 5_000);
                };
            case CUT -> between(200, 2_500);
            case DELAY -> between(1_000, 4_000);
            case HALF_OPEN -> between(500, 5_000);
            case RESET -> between(100, 1_000);
        };
    }

    private Duration between(int leastMillis, int mostMillis) {
        return Duration.ofMillis(random.nextInt(leastMillis, mostMillis));
    }

    private int strength(Kind kind) {
        return switch (kind) {
            case DELAY -> random.nextInt(20, 800);
            case RESET -> random.nextInt(0, 64);
            default -> 0;
        };
    }

    private Set<Direction> silent() {
        return switch (random.nextInt(3)) {
            case 0 -> EnumSet.of(Direction.REQUEST);
            case 1 -> EnumSet.of(Direction.REPLY);
            default -> EnumSet.allOf(Direction.class);
        };
    }
}
