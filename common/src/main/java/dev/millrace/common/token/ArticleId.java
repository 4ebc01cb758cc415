package dev.millrace.common.token;

/** The form of an article id. */
public final class ArticleId {
    /** Most characters (code points) of an article id. */
    public static final int MOST_CHARACTERS = 128;

    private ArticleId() {}

    /** Whether this is one: 1 to 128 characters that Redis and Postgres give back as they were. */
    public static boolean matches(String text) {
        int length = text.codePointCount(0, text.length());
        return length >= 1 && length <= MOST_CHARACTERS && isClean(text);
    }

    /** Whether a text holds no control character and no half of a surrogate pair. */
    public static boolean isClean(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c)) {
                return false;
            }
            if (Character.isSurrogate(c)) {
                boolean isPair = i + 1 < text.length() && Character.isSurrogatePair(c, text.charAt(i + 1));
                if (!isPair) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }
}
