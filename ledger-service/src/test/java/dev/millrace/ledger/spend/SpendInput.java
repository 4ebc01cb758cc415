package dev.millrace.ledger.spend;

import dev.millrace.books.PublisherStatement;
import dev.millrace.books.Spending;
import java.time.YearMonth;

/** Fuzzed: cursors of spend and statements, and a statement's month. */
public final class SpendInput {
    private SpendInput() {}

    public static void checkCursor(String word) {
        Spending.By by = Spending.By.ARTICLE;
        same(word, SpendEndpoint.cursor(by, SpendEndpoint.key(by, word)));
    }

    public static void checkStatementCursor(String word) {
        YearMonth month = YearMonth.parse("2026-11");
        PublisherStatement.Key key = StatementPage.key(month, word);
        same(word, StatementPage.cursor(key));
        same(month.toString(), YearMonth.from(key.day()).toString());
    }

    public static void checkMonth(String text) {
        same(text, StatementPage.month(text).toString());
    }

    private static void same(String given, String taken) {
        if (!taken.equals(given)) {
            throw new AssertionError("'%s' is taken for '%s'".formatted(given, taken));
        }
    }
}
