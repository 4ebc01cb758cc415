package dev.millrace.ingest.verify;

import org.jspecify.annotations.Nullable;

/**
 * Reads JSON (RFC 8259) as nearly all programs write it, in place: texts of printable ASCII without escapes, whole numbers
 * without a sign. At anything else it says that it does not know how to go on, and whoever reads turns to a full parser. Not
 * thread-safe.
 */
public final class PlainJson {
    /** No number is here. */
    static final long NONE = -1;

    private static final int MOST_DIGITS = 18;

    private final Slice json;
    private int at;

    public PlainJson(Slice json) {
        this.json = json;
    }

    /** Goes past this character if it is next after any white space; else it stays before it. */
    public boolean skip(char expected) {
        skipSpace();
        if (at < json.length() && json.at(at) == expected) {
            at++;
            return true;
        }
        return false;
    }

    /** Whether nothing but white space is left. */
    public boolean isAtEnd() {
        skipSpace();
        return at == json.length();
    }

    /** Goes past white space; true if a line ended there. */
    public boolean skipLine() {
        int before = at;
        skipSpace();
        int end = json.indexOf('\n', before);
        return end >= 0 && end < at;
    }

    /** The characters of the text that is next, without its quotes, or null. */
    public @Nullable Slice text() {
        if (!skip('"')) {
            return null;
        }
        int from = at;
        while (at < json.length() && isPlain(json.at(at))) {
            at++;
        }
        return at < json.length() && json.at(at) == '"' ? json.part(from, at++) : null;
    }

    /** The whole number that is next, at most 18 digits, or {@link #NONE}. */
    long whole() {
        skipSpace();
        int from = at;
        long number = 0;
        while (at < json.length() && isDigit(json.at(at)) && at - from < MOST_DIGITS) {
            number = 10 * number + json.at(at) - '0';
            at++;
        }
        boolean isNumber = at > from && (json.at(from) != '0' || at == from + 1);
        return isNumber ? number : NONE;
    }

    private void skipSpace() {
        while (at < json.length() && isSpace(json.at(at))) {
            at++;
        }
    }

    private static boolean isSpace(byte c) {
        return c == ' ' || c == '\n' || c == '\r' || c == '\t';
    }

    private static boolean isDigit(byte c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isPlain(byte c) {
        return c >= ' ' && c < 0x7F && c != '"' && c != '\\';
    }
}
