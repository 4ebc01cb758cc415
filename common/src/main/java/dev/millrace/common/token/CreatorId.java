package dev.millrace.common.token;

/** The form of a creator id, in tokens, in paths of the ledger and in Redis. */
public final class CreatorId {
    /** The rule, for messages. */
    public static final String RULE =
            "a creator id is [A-Za-z0-9._:-]{1,64}, not '.' or '..'; a sandbox's has test: before it";

    private static final int MOST_CHARACTERS = 64;

    private CreatorId() {}

    /** Whether this is one, with or without a sandbox's prefix. {@code .} and {@code ..} are none: no URL can name their balance. */
    public static boolean matches(String text) {
        int length = text.length();
        int most = Sandbox.isCreator(text) ? Sandbox.CREATOR.length() + MOST_CHARACTERS : MOST_CHARACTERS;
        if (length < 1 || length > most || text.equals(".") || text.equals("..")) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (!isAllowed(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isAllowed(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '.'
                || c == '_'
                || c == ':'
                || c == '-';
    }
}
