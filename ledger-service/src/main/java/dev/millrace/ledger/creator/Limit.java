package dev.millrace.ledger.creator;

import dev.millrace.service.problem.Problem;
import org.jspecify.annotations.Nullable;

/** How much of a creator's data one answer holds. */
public final class Limit {
    private Limit() {}

    /**
     * The limit asked for.
     *
     * @param text the query's parameter; absent: {@code standard}
     * @throws dev.millrace.service.problem.ProblemException when it is not a number from 1 to {@code most}
     */
    public static int of(@Nullable String text, int standard, int most) {
        if (text == null) {
            return standard;
        }
        try {
            int limit = Integer.parseInt(text);
            if (limit >= 1 && limit <= most && text.equals(Integer.toString(limit))) {
                return limit;
            }
        } catch (NumberFormatException e) {
            // refused below
        }
        throw Problem.LIMIT_INVALID.because("limit '%s' is not a whole number from 1 to %d", text, most);
    }
}
