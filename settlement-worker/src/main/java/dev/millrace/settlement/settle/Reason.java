package dev.millrace.settlement.settle;

import dev.millrace.common.message.Printable;

/** Why a partition is left out, in a form that the database and a line of the log can keep. */
public final class Reason {
    private static final int MOST_CHARACTERS = 500;

    private Reason() {}

    /**
     * The same, shortened, and with its unprintable characters replaced.
     *
     * @param why may quote what stands in Redis, at any length and with any character
     */
    public static String of(String why) {
        return Printable.abbreviate(why, MOST_CHARACTERS);
    }
}
