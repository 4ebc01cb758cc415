package dev.millrace.counters;

/**
 * How much of a log somebody has read.
 *
 * @param lineage the history it belongs to; 0: none
 * @param id of the last entry read, {@code 0-0} for none
 * @param logged identities ever logged up to there
 */
public record LogPosition(long lineage, String id, long logged) {
    /** The beginning of every log. */
    public static final String BEGINNING = "0-0";

    /** Nothing has been read. */
    public static final LogPosition NONE = new LogPosition(0, BEGINNING, 0);

    /** Compares IDs of entries, {@code <milliseconds>-<number>}: negative where the first is the older. */
    public static int compare(String one, String other) {
        int dash = one.indexOf('-');
        int otherDash = other.indexOf('-');
        int byTime = Long.compare(Long.parseLong(one, 0, dash, 10), Long.parseLong(other, 0, otherDash, 10));
        return byTime != 0
                ? byTime
                : Long.compare(
                        Long.parseLong(one, dash + 1, one.length(), 10),
                        Long.parseLong(other, otherDash + 1, other.length(), 10));
    }
}
