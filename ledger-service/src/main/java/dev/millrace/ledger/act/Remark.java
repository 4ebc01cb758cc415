package dev.millrace.ledger.act;

import dev.millrace.common.token.ArticleId;
import org.jspecify.annotations.Nullable;

/** A person's words about an act. They are kept for ever, so they must hold nothing personal. */
public final class Remark {
    /** Most characters (code points). */
    public static final int LONGEST = 500;

    private Remark() {}

    /** Why a text can't be kept, as a clause about it; null: it can. */
    public static @Nullable String fault(String text) {
        int length = text.codePointCount(0, text.length());
        if (text.isBlank()) {
            return "is empty; it takes 1 to %d characters".formatted(LONGEST);
        }
        if (length > LONGEST) {
            return "has %d characters; it takes at most %d".formatted(length, LONGEST);
        }
        return ArticleId.isClean(text) ? null : "has a control character, or half of a surrogate pair";
    }
}
