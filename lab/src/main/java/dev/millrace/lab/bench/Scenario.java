package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.stack.Aof;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One line of the results.
 *
 * @param contestant its name
 * @param shape how the events are sent
 * @param aof how Redis is set, or null where the contestant has none
 * @param creators how many earn; 1 is the viral case
 */
record Scenario(String contestant, Case shape, @Nullable Aof aof, int creators) {
    /** Creators of the case that is not viral. */
    static final int MANY = 1_000;

    /** Single events at a rate that is far from everybody's peak. */
    static final Case FIXED = new Case("single-2000", 1, Case.SINGLE.clients());

    /** Single events at half of the rate that the closed loop has reached last. */
    static final Case HALF = new Case("single-half-peak", 1, Case.SINGLE.clients());

    /** Of a contestant without Redis: every case, among many creators and with a single viral one. */
    static List<Scenario> of(String contestant, List<Case> cases) {
        return cases.stream()
                .flatMap(shape -> Stream.of(MANY, 1).map(creators -> new Scenario(contestant, shape, null, creators)))
                .toList();
    }

    /** Of a contestant with Redis, under each of its settings. */
    static List<Scenario> underEachAof(String contestant, List<Case> cases) {
        return of(contestant, cases).stream()
                .flatMap(scenario -> Stream.of(Aof.values())
                        .map(aof -> new Scenario(contestant, scenario.shape, aof, scenario.creators)))
                .toList();
    }

    /** Whether the rate is given, and no achievement. */
    boolean hasGivenRate() {
        return shape.equals(FIXED) || shape.equals(HALF);
    }

    /** Whether the other one's events are sent in the same way, to as many creators, under the same setting of Redis. */
    boolean isLike(Scenario other) {
        return shape.equals(other.shape) && aof == other.aof && creators == other.creators;
    }

    @Override
    public String toString() {
        return "%s %s%s, %,d %s"
                .formatted(
                        contestant,
                        shape.name(),
                        aof == null ? "" : ", aof " + aof,
                        creators,
                        creators == 1 ? "creator" : "creators");
    }
}
