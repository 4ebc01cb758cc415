package dev.millrace.lab.bench;

import java.util.List;

/**
 * A contestant that can be started.
 *
 * @param name as options and results name it
 * @param scenarios what it is measured in
 */
record Entrant(String name, List<Scenario> scenarios, Contestant.Opening opening) {
    /** All that can take part, in the order in which the table shows them. */
    static final List<Entrant> ALL = List.of(
            new Entrant(RawRedis.NAME, RawRedis.SCENARIOS, RawRedis::new),
            new Entrant(NoopHttp.NAME, NoopHttp.SCENARIOS, NoopHttp::new),
            new Entrant(MillraceServices.NAME, MillraceServices.SCENARIOS, MillraceServices::start),
            new Entrant(RowUpdate.NAME, RowUpdate.SCENARIOS, (stage, _) -> new RowUpdate(stage)),
            new Entrant(NaiveRedis.NAME, NaiveRedis.SCENARIOS, (stage, _) -> new NaiveRedis(stage)),
            new Entrant(
                    KafkaStreamsTotals.NAME,
                    KafkaStreamsTotals.SCENARIOS,
                    (stage, _) -> new KafkaStreamsTotals(stage)));

    /** Millrace with so many identities in its logs. */
    static Entrant remembering(long identities) {
        return new Entrant(
                MillraceServices.REMEMBERED,
                MillraceServices.SCENARIOS_REMEMBERED,
                (stage, slabs) -> MillraceServices.startRemembering(stage, slabs, identities));
    }
}
