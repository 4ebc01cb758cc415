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
record BenchPlan(
        boolean quick,
        Set<String> contestants,
        Set<String> cases,
        Set<Aof> aofs,
        Duration warmUp,
        int rounds,
        Duration length,
        Duration budget,
        long seed) {
    private static final Set<String> PROMISED =
            Set.of(RawRedis.NAME, NoopHttp.NAME, MillraceServices.NAME, MillraceServices.REMEMBERED, RowUpdate.NAME);

    /** Of each way to send events one case, that with most under way, and the calm ones. */
    private static final Set<String> FIRST_CASES = Set.of(
            RawRedis.PIPELINE,
            Case.SINGLE.name(),
            Scenario.HALF.name(),
            Scenario.FIXED.name(),
            Case.BATCH_1000.name(),
            RowUpdate.MOST_CLIENTS);

    BenchPlan {
        contestants = Set.copyOf(contestants);
        cases = Set.copyOf(cases);
        aofs = Set.copyOf(aofs);
    }

    /** How often what is counted is written to the balances while events are sent: once in each round, besides at its end. */
    Duration drained() {
        return length.dividedBy(2);
    }

    boolean takes(Contestant.Entrant entrant) {
        return contestants.isEmpty() || contestants.contains(entrant.name());
    }

    /** The rate of the half-peak case follows from the closed loop, which is taken with it. */
    boolean takes(Scenario scenario) {
        Case shape = scenario.shape();
        boolean givesPeak = shape.equals(Case.SINGLE) && cases.contains(Scenario.HALF.name());
        boolean takesCase = cases.isEmpty() || cases.contains(shape.name()) || givesPeak;
        boolean takesAof = aofs.isEmpty() || scenario.aof() == null || aofs.contains(scenario.aof());
        return takesCase && takesAof && (!quick || isFirstLook(scenario));
    }

    /**
     * Of each way to send events one case, with Redis as it is meant to be set; what there are promises about also for
     * one creator, and under the other settings in its largest requests. Cases and settings that are asked for are all taken.
     */
    private boolean isFirstLook(Scenario scenario) {
        boolean many = scenario.creators() == Scenario.MANY;
        boolean promised = PROMISED.contains(scenario.contestant());
        boolean durable = scenario.aof() == null || scenario.aof() == Aof.ALWAYS;
        boolean largest = scenario.shape().batch() > 1 && many && promised;
        return (!cases.isEmpty() || FIRST_CASES.contains(scenario.shape().name()))
                && (!aofs.isEmpty() || durable || largest || scenario.shape().equals(Scenario.FIXED))
                && (many || promised);
    }
}
