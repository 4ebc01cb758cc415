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
    /** What remembering an identity takes of Redis. */
    SEEN;

    /** As options and results name it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
