package dev.millrace.settlement.read;

/** A partition's counters don't add up: it is left out with an alarm, the others go on. */
public final class BrokenPartition extends Exception {
    private static final long serialVersionUID = 1L;

    private static final int MOST_CHARACTERS = 500;

    /**
     * @param why may quote what stands in Redis, at any length and with any character; the reason is kept in the database
     *     and in a line of the log, so it is shortened and its control characters are replaced
     */
    public BrokenPartition(String why) {
        super(shown(why));
    }

    /** What does not add up, with the values. */
    public String why() {
        return String.valueOf(getMessage());
    }

    private static String shown(String why) {
        StringBuilder shown = new StringBuilder();
        why.codePoints()
                .limit(MOST_CHARACTERS)
                .forEach(c -> shown.appendCodePoint(Character.isISOControl(c) ? '?' : c));
        return why.codePointCount(0, why.length()) > MOST_CHARACTERS ? shown + "…" : shown.toString();
    }
}
