package dev.millrace.lab.bench;

import dev.millrace.local.server.Durability;
import java.util.List;

/** Who can take part, in the order in which the table shows them. */
final class Entrants {
    static final List<Entrant> ALL = List.of(
            new Entrant(RawRedis.NAME, RawRedis.CASES, (stage, _) -> RawRedis.start(stage)),
            new Entrant(NoopHttp.NAME, Millrace.CASES, (stage, _) -> NoopHttp.start(stage)),
            new Entrant(Millrace.NAME, Millrace.CASES, Millrace::start),
            new Entrant(RowUpdate.NAME, RowUpdate.CASES, (stage, _) -> RowUpdate.start(stage)),
            new Entrant(
                    InsertRollup.NAME,
                    InsertRollup.CASES,
                    (stage, settled) -> InsertRollup.start(stage.place(InsertRollup.NAME), Durability.ALWAYS, settled)),
            new Entrant(
                    CountersInRedis.NAIVE,
                    CountersInRedis.CASES,
                    (stage, settled) ->
                            CountersInRedis.naive(stage.place(CountersInRedis.NAIVE), Durability.ALWAYS, settled)),
            new Entrant(
                    CountersInRedis.REDISSON,
                    CountersInRedis.CASES,
                    (stage, settled) -> CountersInRedis.redisson(
                            stage.place(CountersInRedis.REDISSON), Durability.ALWAYS, settled)),
            new Entrant(
                    KafkaStreamsTotals.NAME,
                    KafkaStreamsTotals.CASES,
                    (stage, _) -> KafkaStreamsTotals.start(stage.place(KafkaStreamsTotals.NAME), Durability.ALWAYS)));

    private Entrants() {}
}
