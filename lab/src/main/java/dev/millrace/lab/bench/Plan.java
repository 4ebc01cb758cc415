package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.stack.Aof;
import java.time.Duration;
import java.util.Set;

/**
 * What is measured, and for how long.
 *
 * @param quick only the scenarios that a first look takes
 * @param contestants by name; empty for all
 * @param cases by name; empty for all
 * @param aofs settings of Redis; empty for all
 * @param warmUp least time of each contestant's rounds before the measured ones
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
        Duration warmUp,
        int rounds,
        Duration length,
        Duration budget,
        long seed) {
    /** Creators of the case that is not viral. */
    static final int MANY = 1_000;

    private static final Set<String> PROMISED =
            Set.of(RawRedis.NAME, NoopHttp.NAME, Millrace.NAME, Millrace.REMEMBERED, RowUpdate.NAME);

    /** Of each way to send events one case, that with most under way, and the calm one. */
    private static final Set<String> FIRST_CASES = Set.of(
            RawRedis.PIPELINE,
            Case.SINGLE.name(),
            Peaks.halfOf(Case.SINGLE).name(),
            Peaks.FIXED.name(),
            Case.BATCH_1000.name(),
            "clients-64");

    Plan {
        contestants = Set.copyOf(contestants);
        cases = Set.copyOf(cases);
        aofs = Set.copyOf(aofs);
    }

    /** How often what is counted is written to the balances while events are sent: once in each round, besides at its end. */
    Duration drained() {
        return length.dividedBy(2);
    }

    boolean takes(Entrant entrant) {
        return contestants.isEmpty() || contestants.contains(entrant.name());
    }

    boolean takes(Scenario scenario) {
        String shape = scenario.shape().name();
        boolean takesCase = cases.isEmpty() || cases.contains(shape) || givesPeak(scenario);
        boolean takesAof = aofs.isEmpty() || scenario.aof() == null || aofs.contains(scenario.aof());
        return takesCase && takesAof && (!quick || isFirstLook(scenario));
    }

    /** The rate of a half-peak case follows from the case it is the half of. */
    private boolean givesPeak(Scenario scenario) {
        return cases.contains(Peaks.halfOf(scenario.shape().name()));
    }

    /**
     * Of each way to send events one case, with Redis as it is meant to be set; what there are promises about also for
     * one creator, and under the other settings in its largest requests. Cases and settings that are asked for are all taken.
     */
    private boolean isFirstLook(Scenario scenario) {
        boolean many = scenario.creators() == MANY;
        boolean promised = PROMISED.contains(scenario.contestant());
        boolean durable = scenario.aof() == null || scenario.aof() == Aof.ALWAYS;
        boolean largest = scenario.shape().batch() > 1 && many && promised;
        return (!cases.isEmpty() || FIRST_CASES.contains(scenario.shape().name()))
                && (!aofs.isEmpty() || durable || largest || Peaks.isFixed(scenario.shape()))
                && (many || promised);
    }
}
