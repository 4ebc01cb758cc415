package dev.millrace.lab.bench;

import java.util.List;

/** Who can take part, in the order in which the table shows them. */
final class Entrants {
    static final List<Entrant> ALL = List.of(
            new Entrant(RawRedis.NAME, RawRedis::start),
            new Entrant(NoopHttp.NAME, NoopHttp::start),
            new Entrant(Millrace.NAME, Millrace::start),
            new Entrant(RowUpdate.NAME, RowUpdate::start));

    private Entrants() {}
}
