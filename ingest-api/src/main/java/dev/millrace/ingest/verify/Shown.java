package dev.millrace.ingest.verify;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** A bad value in a message: short, on one line, without control characters. */
public final class Shown {
    private static final int MOST_CHARACTERS = 40;
    private static final int MOST_MESSAGE = 120;

    private Shown() {}

    /** The value that a parser is at, a number as it was sent. */
    static String of(JsonParser json) {
        JsonToken token = json.currentToken();
        if (token == JsonToken.START_OBJECT) {
            return "an object";
        }
        if (token == JsonToken.START_ARRAY) {
            return "an array";
        }
        String text = json.getString();
        return token == JsonToken.VALUE_STRING ? of(text) : shortened(text);
    }

    static String of(@Nullable String value) {
        return value == null ? "missing" : '"' + shortened(value) + '"';
    }

    /** What a parser says of its input, which it may quote at any length. */
    public static String message(String text) {
        return shortened(text, MOST_MESSAGE);
    }

    private static String shortened(String text) {
        return shortened(text, MOST_CHARACTERS);
    }

    private static String shortened(String text, int most) {
        StringBuilder shown = new StringBuilder();
        text.codePoints().limit(most).forEach(c -> shown.appendCodePoint(isPrintable(c) ? c : '?'));
        return text.codePointCount(0, text.length()) > most ? shown + "…" : shown.toString();
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
