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

    /** Of each way to send events the one that goes fastest, and the calm one. */
    private static final Set<String> FIRST_CASES =
            Set.of(RawRedis.PIPELINE, "single", "single" + Millrace.HALF_PEAK, "batch-1000", "clients-64");

    Plan {
        contestants = Set.copyOf(contestants);
        cases = Set.copyOf(cases);
        aofs = Set.copyOf(aofs);
    }

    boolean takes(Entrant entrant) {
        return contestants.isEmpty() || contestants.contains(entrant.name());
    }

    boolean takes(Scenario scenario) {
        return takesCase(scenario) && takesAof(scenario);
    }

    private boolean takesCase(Scenario scenario) {
        String shape = scenario.shape().name();
        return cases.isEmpty() ? !quick || FIRST_CASES.contains(shape) : cases.contains(shape) || givesPeak(scenario);
    }

    private boolean takesAof(Scenario scenario) {
        if (scenario.aof() == null) {
            return true;
        }
        return aofs.isEmpty() ? !quick || isFirstLook(scenario) : aofs.contains(scenario.aof());
    }

    /** The rate of a half-peak case follows from the case it is the half of. */
    private boolean givesPeak(Scenario scenario) {
        return cases.contains(scenario.shape().name() + Millrace.HALF_PEAK);
    }

    /** As Redis is meant to be set, and the other settings for large batches of many creators. */
    private static boolean isFirstLook(Scenario scenario) {
        boolean large = scenario.shape().batch() > 1 && scenario.creators() == MANY;
        return scenario.aof() == Aof.ALWAYS || large;
    }
}
