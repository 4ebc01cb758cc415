package dev.millrace.lab.bench;

import dev.millrace.local.server.Durability;
import java.util.List;

/** Who can take part, in the order in which the table shows them. */
final class Entrants {
    static final List<Entrant> ALL = List.of(
            new Entrant(RawRedis.NAME, RawRedis.CASES, RawRedis::start),
            new Entrant(NoopHttp.NAME, Millrace.CASES, NoopHttp::start),
            new Entrant(Millrace.NAME, Millrace.CASES, Millrace::start),
            new Entrant(RowUpdate.NAME, RowUpdate.CASES, RowUpdate::start),
            new Entrant(
                    CountersInRedis.NAIVE,
                    CountersInRedis.CASES,
                    stage -> CountersInRedis.naive(stage.place(CountersInRedis.NAIVE), Durability.ALWAYS)),
            new Entrant(
                    KafkaStreamsTotals.NAME,
                    KafkaStreamsTotals.CASES,
                    stage -> KafkaStreamsTotals.start(stage.place(KafkaStreamsTotals.NAME), Durability.ALWAYS)));

    private Entrants() {}

    /** Millrace with so many identities in its logs. */
    static Entrant remembering(long identities) {
        return new Entrant(
                Millrace.REMEMBERED, Millrace.CASES_REMEMBERED, stage -> Millrace.startRemembering(stage, identities));
    }
}
