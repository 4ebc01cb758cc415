package dev.millrace.ingest.check;

import com.google.errorprone.annotations.FormatMethod;

/**
 * What is probably wrong with an event, and its remedy.
 *
 * @param code for programs
 * @param detail for people; never holds a secret
 */
public record Hint(Mistake code, String detail) {
    @FormatMethod
    static Hint of(Mistake code, String format, Object... values) {
        return new Hint(code, format.formatted(values));
    }
}
