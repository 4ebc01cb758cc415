package dev.millrace.ledger.statement;

/** Fuzzed: the word that callers give as a cursor. */
public final class CursorInput {
    private CursorInput() {}

    public static void check(String word) {
        String again = StatementEndpoint.cursor(StatementEndpoint.key(word));
        if (!again.equals(word)) {
            throw new AssertionError("the cursor '%s' is taken for '%s'".formatted(word, again));
        }
    }
}
