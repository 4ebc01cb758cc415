package dev.millrace.ingest.verify;

import dev.millrace.common.message.Printable;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** A bad value in a message. */
final class BadValue {
    private static final int MOST_CHARACTERS = 40;

    private BadValue() {}

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
        return token == JsonToken.VALUE_STRING ? of(text) : Printable.abbreviate(text, MOST_CHARACTERS);
    }

    static String of(@Nullable String value) {
        return value == null ? "missing" : '"' + Printable.abbreviate(value, MOST_CHARACTERS) + '"';
    }
}
