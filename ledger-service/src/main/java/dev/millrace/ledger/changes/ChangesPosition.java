package dev.millrace.ledger.changes;

import dev.millrace.books.Changes.Position;
import dev.millrace.service.problem.Problem;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A consumer's position as callers see it: a journal's number where all of that journal is behind it; in the middle of a journal an opaque
 * word, the number followed by the article.
 */
final class ChangesPosition {
    /** Sorts behind every publisher, so that nothing of the journal is left. */
    private static final String BEHIND_ALL = "~";

    private static final Pattern FORM = Pattern.compile("([0-9]{1,18})(?:\\.([A-Za-z0-9_-]{1,1000}))?");

    private ChangesPosition() {}

    static String encode(Position position) {
        String article = String.join("\n", position.publisher(), position.creator(), position.article());
        return position.journal() + "."
                + Base64.getUrlEncoder().withoutPadding().encodeToString(article.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * @throws dev.millrace.service.problem.ProblemException when the text is neither
     */
    static Position parse(String text) {
        Matcher form = FORM.matcher(text);
        if (form.matches()) {
            long journal = Long.parseLong(form.group(1));
            if (form.group(2) == null) {
                return new Position(journal, BEHIND_ALL, "", "");
            }
            try {
                String[] parts =
                        new String(Base64.getUrlDecoder().decode(form.group(2)), StandardCharsets.UTF_8).split("\n", 3);
                if (parts.length == 3
                        && encode(new Position(journal, parts[0], parts[2], parts[1]))
                                .equals(text)) {
                    return new Position(journal, parts[0], parts[2], parts[1]);
                }
            } catch (IllegalArgumentException e) {
                // refused below
            }
        }
        throw Problem.CURSOR_INVALID.because(
                "'after' is neither a journal's number nor one that an earlier page gave as 'next'; 0 begins at the beginning");
    }
}
