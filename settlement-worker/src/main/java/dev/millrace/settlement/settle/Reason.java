package dev.millrace.settlement.settle;

/** Why a partition is left out, in a form that the database and a line of the log can keep. */
public final class Reason {
    private static final int MOST_CHARACTERS = 500;

    private Reason() {}

    /**
     * The same, shortened, and with its control characters replaced.
     *
     * @param why may quote what stands in Redis, at any length and with any character
     */
    public static String of(String why) {
        StringBuilder shown = new StringBuilder();
        why.codePoints()
                .limit(MOST_CHARACTERS)
                .forEach(c -> shown.appendCodePoint(
                        Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE ? '?' : c));
        return why.codePointCount(0, why.length()) > MOST_CHARACTERS ? shown + "…" : shown.toString();
    }
}
