package dev.millrace.lab.bench;

import java.time.Duration;
import java.util.Set;

/**
 * What is measured, and for how long.
 *
 * @param quick only the scenarios that a first look takes
 * @param contestants by name; empty for all
 * @param cases by name; empty for all
 * @param aofs settings of Redis; empty for all
 * @param rounds measured ones of each scenario, at least 1
 * @param length that a round is sized for
 * @param budget after which no further turn of rounds is begun, the start included
 * @param seed what events are drawn from
 */
record Plan(
        boolean quick,
        Set<String> contestants,
        Set<String> cases,
        Set<Aof> aofs,
        int rounds,
        Duration length,
        Duration budget,
        long seed) {
    /** Creators of the case that is not viral. */
    static final int MANY = 1_000;

    Plan {
        contestants = Set.copyOf(contestants);
        cases = Set.copyOf(cases);
        aofs = Set.copyOf(aofs);
    }

    boolean takes(Entrant entrant) {
        return contestants.isEmpty() || contestants.contains(entrant.name());
    }

    boolean takes(Scenario scenario) {
        boolean wanted = cases.isEmpty() || cases.contains(scenario.shape().name()) || givesPeak(scenario);
        boolean set = aofs.isEmpty() || scenario.aof() == null || aofs.contains(scenario.aof());
        return wanted && set && (!quick || !aofs.isEmpty() || isFirstLook(scenario));
    }

    /** The rate of a half-peak case follows from the case it is the half of. */
    private boolean givesPeak(Scenario scenario) {
        return cases.contains(scenario.shape().name() + Millrace.HALF_PEAK);
    }

    /** Everything as it is meant to be run, and the other settings of Redis for large batches of many creators. */
    private static boolean isFirstLook(Scenario scenario) {
        String shape = scenario.shape().name();
        boolean large = scenario.creators() == MANY && (shape.equals(RawRedis.PIPELINE) || shape.equals("batch-1000"));
        return scenario.aof() == null || scenario.aof() == Aof.ALWAYS || large;
    }
}
