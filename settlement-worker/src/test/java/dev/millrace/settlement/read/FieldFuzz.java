package dev.millrace.settlement.read;

import dev.millrace.common.counters.EarnField;
import dev.millrace.common.counters.EngageField;
import dev.millrace.common.money.Micros;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/**
 * Fuzz target: what stands in Redis is read as what it is, to the character, or refused.
 *
 * <p>An input's first letter tells what the rest is: {@code e} an earn field, {@code m} micros, anything else an engage field.
 */
public final class FieldFuzz {
    private FieldFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        String text = new String(input, 1, input.length - 1, StandardCharsets.UTF_8);
        switch (input[0]) {
            case 'e' -> check(text, field -> EarnField.parse(field).encode());
            case 'm' -> check(text, micros -> Long.toString(Micros.parse(micros).value()));
            default -> check(text, field -> EngageField.parse(field).encode());
        }
        String why = new BrokenPartition(text).why();
        if (why.length() > 1_001 || why.chars().anyMatch(Character::isISOControl)) {
            throw new AssertionError("the reason can't be kept: " + why);
        }
    }

    private static void check(String text, Function<String, String> again) {
        String read;
        try {
            read = again.apply(text);
        } catch (IllegalArgumentException e) { // NumberFormatException is one
            return;
        }
        if (!read.equals(text)) {
            throw new AssertionError("'%s' is read as '%s'".formatted(text, read));
        }
    }
}
