package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Drive;
import java.util.HashMap;
import java.util.Map;

/**
 * How many requests a second a contestant's closed loops have reached last, so that open loops can follow at half of it. Their
 * case has the name of the closed loop's with {@value #HALF} behind it.
 */
final class Peaks {
    private static final String HALF = "-half-peak";

    private final Map<Scenario, Double> requestsPerSecond = new HashMap<>();

    /** The same requests at half of the rate that the case reaches. */
    static Case halfOf(Case shape) {
        return new Case(halfOf(shape.name()), shape.batch(), shape.clients());
    }

    static boolean isHalf(Case shape) {
        return shape.name().endsWith(HALF);
    }

    static String halfOf(String name) {
        return name + HALF;
    }

    /** @throws IllegalStateException when it is half of a case that has had no round yet */
    Drive drive(Scenario scenario) {
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
