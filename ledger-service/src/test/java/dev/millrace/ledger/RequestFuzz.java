package dev.millrace.ledger;

import dev.millrace.ledger.access.BearerInput;
import dev.millrace.ledger.creator.Creator;
import dev.millrace.ledger.creator.Paging;
import dev.millrace.ledger.creator.RangeInput;
import dev.millrace.ledger.spend.SpendInput;
import dev.millrace.ledger.statement.CursorInput;
import dev.millrace.service.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Fuzz target: whatever a caller gives is refused as the API says, or means exactly what was written.
 *
 * <p>An input's first letter tells what the rest is: {@code c} a cursor, {@code C} the text in a cursor, {@code S}
 * and {@code M} that in a cursor of spend and of a statement, {@code m} a month, {@code r} from and
 * to with a bar between them, {@code l} a limit, {@code i} a creator's id, {@code b} a bearer token, {@code B} the
 * payload of one that is well signed.
 */
public final class RequestFuzz {
    private static final int MOST = 200;

    private RequestFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        String text = new String(input, 1, input.length - 1, StandardCharsets.UTF_8);
        try {
            switch (input[0]) {
                case 'c' -> CursorInput.check(text);
                case 'C' -> CursorInput.check(cursorOf(text));
                case 'S' -> SpendInput.checkCursor(cursorOf(text));
                case 'M' -> SpendInput.checkStatementCursor(cursorOf(text));
                case 'm' -> SpendInput.checkMonth(text);
                case 'r' -> range(text);
                case 'l' -> limit(text);
                case 'i' -> creator(text);
                case 'b' -> BearerInput.check(text);
                default -> BearerInput.check(BearerInput.signed(text));
            }
        } catch (ProblemException e) {
            if (e.problem().status().is5xxServerError() || e.detail().isEmpty()) {
                throw new AssertionError("refused with " + e.getMessage(), e);
            }
        }
    }

    private static String cursorOf(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void range(String text) {
        int bar = text.indexOf('|');
        RangeInput.check(named(text.substring(0, Math.max(bar, 0))), named(text.substring(bar + 1)));
    }

    private static @Nullable String named(String text) {
        return text.isEmpty() ? null : text;
    }

    private static void limit(String text) {
        int limit = Paging.limit(text, 50, MOST);
        if (limit < 1 || limit > MOST || !text.equals(Integer.toString(limit))) {
            throw new AssertionError("the limit '%s' is taken for %d".formatted(text, limit));
        }
    }

    private static void creator(String text) {
        String account = "creator:" + new Creator(text).id();
        if (!account.matches("creator:(test:)?[A-Za-z0-9._:-]{1,64}")) {
            throw new AssertionError("the creator '%s' becomes the account '%s'".formatted(text, account));
        }
    }
}
