package dev.millrace.ledger.statement;

import dev.millrace.books.Statement;
import dev.millrace.service.problem.Problem;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The last entry of a page, as callers see it; the next page goes on below it. It is an opaque word, whose first character is the version of
 * its form.
 */
final class PageCursor {
    private static final Pattern FORM = Pattern.compile("1\\|([0-9]{1,18})\\|([0-9]{1,18})\\|([a-z0-9-]{1,32})");
    private static final int LONGEST = 200;
    private static final long MICROS_PER_SECOND = 1_000_000;
    private static final long NANOS_PER_MICRO = 1_000;

    private PageCursor() {}

    static String encode(Statement.Key last) {
        String text = "1|%d|%d|%s"
                .formatted(ChronoUnit.MICROS.between(Instant.EPOCH, last.at()), last.journal(), last.publisher());
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }

    /**
     * @throws dev.millrace.service.problem.ProblemException when the word is none of ours
     */
    static Statement.Key decode(String word) {
        try {
            if (word.length() <= LONGEST) {
                Matcher parts =
                        FORM.matcher(new String(Base64.getUrlDecoder().decode(word), StandardCharsets.US_ASCII));
                if (parts.matches()) {
                    long micros = Long.parseLong(parts.group(1));
                    Instant at = Instant.ofEpochSecond(
                            micros / MICROS_PER_SECOND, micros % MICROS_PER_SECOND * NANOS_PER_MICRO);
                    Statement.Key key = new Statement.Key(at, Long.parseLong(parts.group(2)), parts.group(3));
                    if (encode(key).equals(word)) { // one word a cursor: no padding, no leading zero, no spare bits
                        return key;
                    }
                }
            }
        } catch (IllegalArgumentException | DateTimeException e) {
            // refused below
        }
        throw Problem.CURSOR_INVALID.because(
                "the cursor is not one that an earlier page gave as 'next'; leave it out to begin with the newest entry");
    }
}
