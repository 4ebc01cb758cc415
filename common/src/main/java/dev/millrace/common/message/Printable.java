package dev.millrace.common.message;

/** Makes a stranger's text fit for a message: short, on one line, without control characters. */
public final class Printable {
    private static final int MOST_CHARACTERS = 120;

    private Printable() {}

    /** At most 120 characters of it. */
    public static String abbreviate(String text) {
        return abbreviate(text, MOST_CHARACTERS);
    }

    /** @param most characters of it, at least 1 */
    public static String abbreviate(String text, int most) {
        StringBuilder printable = new StringBuilder();
        text.codePoints().limit(most).forEach(c -> printable.appendCodePoint(isPrintable(c) ? c : '?'));
        return text.codePointCount(0, text.length()) > most ? printable + "…" : printable.toString();
    }

    private static boolean isPrintable(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }
}
