package dev.millrace.ledger.creator;

import dev.millrace.service.problem.Problem;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How much one answer holds, and where the next page goes on. */
public final class Paging {
    /** A whole number below 10^18, without leading zeros. */
    public static final String NUMBER = "(0|[1-9][0-9]{0,17})";

    private static final Pattern ONE_NUMBER = Pattern.compile(NUMBER);

    /** With the prefix of a sandbox's. */
    private static final Pattern CREATOR = Pattern.compile("([A-Za-z0-9._:-]{1,69})");

    private static final int LONGEST = 1_000;

    private Paging() {}

    /**
     * The limit asked for.
     *
     * @param text the query's parameter; absent: {@code standard}
     * @throws dev.millrace.service.problem.ProblemException when it is not a number from 1 to {@code most}
     */
    public static int limit(@Nullable String text, int standard, int most) {
        if (text == null) {
            return standard;
        }
        if (text.matches("[1-9][0-9]{0,8}") && Integer.parseInt(text) <= most) {
            return Integer.parseInt(text);
        }
        throw Problem.LIMIT_INVALID.because("limit '%s' is not a whole number from 1 to %d", text, most);
    }

    /** The opaque cursor of these fields. */
    public static String cursor(Object... fields) {
        StringBuilder text = new StringBuilder();
        for (Object field : fields) {
            text.append(text.isEmpty() ? "" : "\n").append(field);
        }
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The number that a page of falling numbers ended with; the next page has lower ones.
     *
     * @param cursor absent: begin with the highest
     * @throws dev.millrace.service.problem.ProblemException when it is no cursor
     */
    public static long below(@Nullable String cursor) {
        if (cursor == null) {
            return Long.MAX_VALUE;
        }
        return fields(cursor, ONE_NUMBER)
                .map(fields -> Long.parseLong(fields.group(1)))
                .orElseThrow(() ->
                        Problem.CURSOR_INVALID.because("the cursor is not one that an earlier page gave as 'next'"));
    }

    /**
     * The creator that a page by id ended with; the next page has later ones.
     *
     * @param cursor absent: begin with the first
     * @throws dev.millrace.service.problem.ProblemException when it is no cursor
     */
    public static String after(@Nullable String cursor) {
        if (cursor == null) {
            return "";
        }
        return fields(cursor, CREATOR)
                .map(Matcher::group)
                .orElseThrow(() -> Problem.CURSOR_INVALID.because("'%s' is no cursor of this list", cursor));
    }

    /**
     * A page.
     *
     * @param next the cursor of the next page; null: there are no more rows
     */
    public record Slice<T>(List<T> rows, @Nullable String next) {}

    /**
     * The page that begins with what was found.
     *
     * @param found up to one row more than a page has; that one tells that there is another page
     * @param most rows of a page
     * @param cursor of the page behind a row
     */
    public static <T> Slice<T> slice(List<T> found, int most, Function<T, String> cursor) {
        return found.size() > most
                ? new Slice<>(found.subList(0, most), cursor.apply(found.get(most - 1)))
                : new Slice<>(found, null);
    }

    /**
     * The fields of a cursor.
     *
     * @param form of the fields, with a line break between them; its groups are returned
     * @return empty when this class has not made the cursor: the same fields have one cursor, without padding or spare bits
     */
    public static Optional<Matcher> fields(String word, Pattern form) {
        try {
            if (word.length() <= LONGEST) {
                String text = new String(Base64.getUrlDecoder().decode(word), StandardCharsets.UTF_8);
                Matcher fields = form.matcher(text);
                if (fields.matches() && cursor(text).equals(word)) {
                    return Optional.of(fields);
                }
            }
        } catch (IllegalArgumentException e) {
            // no Base64
        }
        return Optional.empty();
    }
}
