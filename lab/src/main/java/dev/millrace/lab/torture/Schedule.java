package dev.millrace.lab.torture;

import dev.millrace.lab.link.Direction;
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
 * The faults of a run in the order of their beginning. Nothing but seed, length and kinds decides on them: not how fast the
 * machine is, nor what the run does.
 *
 * <p>The time is cut into equal slots and each holds one fault at a random moment, so their number is certain. A target
 * gets a rest after a fault, so that most events do get through.
 */
record Schedule(List<Fault> faults) {
    /** One fault in so long, on average: 23 in a minute, 231 in ten. */
    private static final Duration SLOT = Duration.ofMillis(2_600);

    private static final Duration RUN_UP = Duration.ofSeconds(1);
    private static final Duration REST = Duration.ofSeconds(1);

    /** How long a service takes to start on two cores that have other work. */
    private static final Duration SERVICE_START = Duration.ofSeconds(45);

    private static final Duration SERVER_START = Duration.ofSeconds(12);

    /** Draws for a target that has had its rest, before any is taken. */
    private static final int TRIES = 100;

    Schedule {
        faults = List.copyOf(faults);
    }

    static Schedule draw(long seed, Duration length, Set<Fault.Kind> kinds) {
        return new Schedule(new Draw(seed, kinds).faults(length));
    }

    /** The state while drawing. */
    private static final class Draw {
        private final RandomGenerator random;
        private final List<Fault.Kind> kinds;
        private final Map<Target, Duration> restedAt = new EnumMap<>(Target.class);

        private Draw(long seed, Set<Fault.Kind> kinds) {
            this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            this.kinds = kinds.stream().sorted().toList();
        }

        private List<Fault> faults(Duration length) {
            long slots = Math.max(1, length.minus(RUN_UP).dividedBy(SLOT) + 1);
            Duration slot = length.minus(RUN_UP).dividedBy(slots);
            List<Fault> faults = new ArrayList<>();
            for (int i = 0; i < slots; i++) {
                Duration within = Duration.ofMillis(random.nextLong(slot.toMillis()));
                faults.add(fault(RUN_UP.plus(slot.multipliedBy(i)).plus(within)));
            }
            return faults;
        }

        private Fault fault(Duration at) {
            Fault.Kind kind = kinds.get(random.nextInt(kinds.size()));
            Target target = target(kind, at);
            Fault fault = new Fault(
                    kind,
                    target,
                    at,
                    lasting(kind, target),
                    strength(kind),
                    kind == Fault.Kind.HALF_OPEN ? silent() : Set.of(),
                    random.nextBoolean());
            rest(fault);
            return fault;
        }

        private Target target(Fault.Kind kind, Duration at) {
            List<Target> targets = kind.isOnLink() ? Target.links() : Target.processes();
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
            boolean killed = fault.kind() == Fault.Kind.KILL;
            boolean service = target.instance() != null;
            Duration recovery = !killed ? REST : service ? SERVICE_START : SERVER_START;
            Duration rested = fault.at().plus(fault.lasting()).plus(recovery);
            restedAt.put(target, rested);
            if (killed) {
                restedAt.merge(twin(target), rested, (a, b) -> a.compareTo(b) > 0 ? a : b);
            }
        }

        /** What stands in for a killed process, or can't do without it: it is spared while that starts. */
        private static Target twin(Target target) {
            return switch (target) {
                case INGEST_1 -> Target.INGEST_2;
                case INGEST_2 -> Target.INGEST_1;
                case WORKER_1 -> Target.WORKER_2;
                case WORKER_2 -> Target.WORKER_1;
                case REDIS -> Target.POSTGRES;
                case POSTGRES -> Target.REDIS;
                default -> target;
            };
        }

        /** A worker also sleeps for longer than its transaction may be idle, so that it wakes up as a zombie. */
        private Duration lasting(Fault.Kind kind, Target target) {
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

        private int strength(Fault.Kind kind) {
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

        private Duration between(int leastMillis, int mostMillis) {
            return Duration.ofMillis(random.nextInt(leastMillis, mostMillis));
        }
    }
}
