package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Drive;
import java.util.HashMap;
import java.util.Map;

/**
 * How requests are driven. Closed loops come first; open loops follow at half of the rate that those have reached last, in a case that has
 * the closed loop's name with {@value #HALF} behind it. The rate of {@link #FIXED} is the same for everybody.
 */
final class Peaks {
    /** Single events at a rate that is far from everybody's peak. */
    static final Case FIXED = new Case("single-2000", 1, 256);

    private static final double FIXED_RATE = 2_000;
    private static final String HALF = "-half-peak";

    private final Map<Scenario, Double> requestsPerSecond = new HashMap<>();

    /** The same requests at half of the rate that the case reaches. */
    static Case halfOf(Case shape) {
        return new Case(halfOf(shape.name()), shape.batch(), shape.clients());
    }

    static boolean isHalf(Case shape) {
        return shape.name().endsWith(HALF);
    }

    /** Whether the rate is given, and no achievement. */
    static boolean isGiven(Case shape) {
        return isHalf(shape) || isFixed(shape);
    }

    static boolean isFixed(Case shape) {
        return shape.equals(FIXED);
    }

    static String halfOf(String name) {
        return name + HALF;
    }

    /** @throws IllegalStateException when it is half of a case that has had no round yet */
    Drive drive(Scenario scenario) {
        if (isFixed(scenario.shape())) {
            return new Drive.OpenLoop(FIXED_RATE);
        }
        if (!isHalf(scenario.shape())) {
            return new Drive.ClosedLoop();
        }
        String name = scenario.shape().name();
        return requestsPerSecond.entrySet().stream()
                .filter(reached -> halfOf(reached.getKey().shape().name()).equals(name)
                        && reached.getKey().aof() == scenario.aof()
                        && reached.getKey().creators() == scenario.creators())
                .map(reached -> new Drive.OpenLoop(reached.getValue() / 2))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalStateException("no round came before " + name + " that it is the half of"));
    }

    void reached(Scenario scenario, double rate) {
        requestsPerSecond.put(scenario, rate);
    }
}
