package dev.millrace.lab.scale;

import java.util.Locale;

/** What is measured. */
enum Part {
    /** Events a second of few, many and very many creators. */
    GROWTH,
    /** One settlement of very many active creators. */
    SETTLEMENT,
    /** What one interval of steady traffic costs the database. */
    DATABASE,
    /** A node that starts with very many identities in the logs. */
    START,
    /** Four nodes that count for one creator. */
    NODES,
    /** A creator's live balance, by the number of publishers. */
    BALANCE,
    /** Redis' memory while Postgres is away. */
    OUTAGE;

    /** As options and results name it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
