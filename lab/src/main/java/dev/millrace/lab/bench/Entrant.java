package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.stack.Stage;
import java.util.List;

/**
 * A contestant that can be started.
 *
 * @param name as options and results name it
 * @param cases that it has scenarios of
 */
record Entrant(String name, List<Case> cases, Opening opening) {
    /** All that can take part, in the order in which the table shows them. */
    static final List<Entrant> ALL = List.of(
            new Entrant(RawRedis.NAME, RawRedis.CASES, RawRedis::new),
            new Entrant(NoopHttp.NAME, MillraceServices.CASES, NoopHttp::new),
            new Entrant(MillraceServices.NAME, MillraceServices.CASES, MillraceServices::start),
            new Entrant(RowUpdate.NAME, RowUpdate.CASES, (stage, _) -> new RowUpdate(stage)),
            new Entrant(NaiveRedis.NAME, Case.HTTP, (stage, _) -> new NaiveRedis(stage)),
            new Entrant(
                    KafkaStreamsTotals.NAME, KafkaStreamsTotals.CASES, (stage, _) -> new KafkaStreamsTotals(stage)));

    /** Starts servers and fills them with what does not belong to a round. */
    interface Opening {
        /** @param slabs memory for requests; only one contestant at a time uses it */
        Contestant start(Stage stage, Slabs slabs) throws Exception;
    }

    /** Millrace with so many identities in its logs. */
    static Entrant remembering(long identities) {
        return new Entrant(
                MillraceServices.REMEMBERED,
                MillraceServices.CASES_REMEMBERED,
                (stage, slabs) -> MillraceServices.startRemembering(stage, slabs, identities));
    }
}
