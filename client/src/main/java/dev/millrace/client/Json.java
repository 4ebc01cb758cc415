package dev.millrace.client;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * As much of RFC 8259 as the edge's answers and the tokens' claims take, so that the client needs no library. Values are
 * {@code Map}, {@code List}, {@code String}, {@code Boolean}, null, and numbers as {@code Long} or {@code Double}.
 */
final class Json {
    /** Nothing that the edge says is deeper than four; more would take the stack. */
    private static final int MOST_DEPTH = 32;

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** @throws IllegalArgumentException where the text is no JSON, or deeper than 32 */
    static @Nullable Object parse(String text) {
        Json json = new Json(text);
        Object value = json.value(0);
        json.blanks();
        if (json.at < text.length()) {
            throw json.broken();
        }
        return value;
    }

    static String quoted(String text) {
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append("\\u%04x".formatted((int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    private @Nullable Object value(int depth) {
        blanks();
        if (depth > MOST_DEPTH || at >= text.length()) {
            throw broken();
        }
        return switch (text.charAt(at)) {
            case '{' -> object(depth);
            case '[' -> array(depth);
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private Map<String, @Nullable Object> object(int depth) {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        at++;
        if (!skips('}')) {
            do {
                blanks();
                String name = string();
                require(':');
                members.put(name, value(depth + 1));
            } while (skips(','));
            require('}');
        }
        return members;
    }

    private List<@Nullable Object> array(int depth) {
        List<@Nullable Object> elements = new ArrayList<>();
        at++;
        if (!skips(']')) {
            do {
                elements.add(value(depth + 1));
            } while (skips(','));
            require(']');
        }
        return elements;
    }

    private String string() {
        if (at >= text.length() || text.charAt(at) != '"') {
            throw broken();
        }
        StringBuilder string = new StringBuilder();
        for (at++; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '"') {
                at++;
                return string.toString();
            }
            if (c < ' ') {
                throw broken();
            }
            string.append(c == '\\' ? escaped() : c);
        }
        throw broken();
    }

    /** Leaves the position at the escape's last character. */
    private char escaped() {
        at++;
        char c = at < text.length() ? text.charAt(at) : ' ';
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                String digits = text.substring(at + 1, Math.min(at + 5, text.length()));
                if (!digits.matches("[0-9A-Fa-f]{4}")) {
                    throw broken();
                }
                at += 4;
                yield (char) Integer.parseInt(digits, 16);
            }
            default -> throw broken();
        };
    }

    private @Nullable Object word(String word, @Nullable Object value) {
        if (!text.startsWith(word, at)) {
            throw broken();
        }
        at += word.length();
        return value;
    }

    private Object number() {
        int from = at;
        while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        String number = text.substring(from, at);
        if (!number.matches("-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")) {
            throw broken();
        }
        boolean isWhole = number.matches("-?[0-9]{1,18}");
        if (isWhole) {
            return Long.parseLong(number);
        }
        return Double.parseDouble(number);
    }

    private void blanks() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    /** Whether the next character is this one; then it is read. */
    private boolean skips(char c) {
        blanks();
        boolean isNext = at < text.length() && text.charAt(at) == c;
        at += isNext ? 1 : 0;
        return isNext;
    }

    private void require(char c) {
        if (!skips(c)) {
            throw broken();
        }
    }

    private IllegalArgumentException broken() {
        return new IllegalArgumentException("no JSON at character " + at);
    }
}
