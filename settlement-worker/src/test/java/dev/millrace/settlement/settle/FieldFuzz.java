package dev.millrace.settlement.settle;

import dev.millrace.common.money.Micros;
import dev.millrace.common.token.EngagementName;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.EpochControl;
import dev.millrace.counters.MalformedCountersException;
import dev.millrace.counters.Records;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Fuzz target: what stands in Redis is read as what it is, to the character, or refused.
 *
 * <p>An input's first letter tells what the rest is: {@code m} micros, {@code s}, {@code t} and {@code v} the control fields #sealed,
 * #micros and #events, {@code r} the bytes of records, {@code b} records and, behind the first line's end, what was taken back;
 * anything else a name of a folded hash.
 */
public final class FieldFuzz {
    private static final Instant FIRST = Instant.parse("2000-01-01T00:00:00Z");
    private static final Instant LAST = Instant.parse("9999-12-31T00:00:00Z");

    private FieldFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] rest = Arrays.copyOfRange(input, 1, input.length);
        String text = new String(rest, StandardCharsets.UTF_8);
        switch (input[0]) {
            case 'm' -> check(text, micros -> Long.toString(Micros.parse(micros).value()));
            case 's' -> control(Ctl.SEALED, text);
            case 't' -> control(Ctl.EPOCH_MICROS, text);
            case 'v' -> control(Ctl.EPOCH_EVENTS, text);
            case 'r' -> records(rest);
            case 'b' -> takenBack(rest);
            default -> check(text, field -> EngagementName.parse(field).encode());
        }
        Batch batch = new Batch(Batch.Limits.USUAL);
        batch.halt(0, text);
        String why = batch.halted().getFirst().why();
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

    private static void control(String field, String text) {
        EpochControl control;
        try {
            control = EpochControl.of(Map.of(field, text));
        } catch (MalformedCountersException e) {
            return;
        }
        Instant sealedAt = control.sealedAt();
        String read = switch (field) {
            case Ctl.SEALED -> sealedAt == null ? "" : Long.toString(sealedAt.toEpochMilli());
            case Ctl.EPOCH_MICROS -> Long.toString(control.micros());
            default -> Long.toString(control.events());
        };
        boolean possible = control.micros() >= 0
                && control.events() >= 0
                && (sealedAt == null || (!sealedAt.isBefore(FIRST) && !sealedAt.isAfter(LAST)));
        if (!possible || !read.equals(text)) {
            throw new AssertionError("%s '%s' is read as '%s'".formatted(field, text, read));
        }
    }

    /** What is read is what its writer would write, but for numbers in more digits than they need. */
    private static void records(byte[] bytes) {
        List<Records.Units> read;
        try {
            read = Records.read(bytes, null);
        } catch (IllegalArgumentException e) {
            return;
        }
        ByteBuffer again = ByteBuffer.allocate(
                read.stream().mapToInt(units -> Records.mostBytes(units.name())).sum());
        read.forEach(units -> Records.write(units.name(), units.units(), again));
        if (!Records.read(Arrays.copyOf(again.array(), again.position()), null).equals(read)) {
            throw new AssertionError("other records: " + read);
        }
        read.forEach(FieldFuzz::canBeKept);
    }

    private static void takenBack(byte[] bytes) {
        int end = 0;
        while (end < bytes.length && bytes[end] != '\n') {
            end++;
        }
        try {
            Records.read(
                            Arrays.copyOf(bytes, end),
                            Arrays.copyOfRange(bytes, Math.min(end + 1, bytes.length), bytes.length))
                    .forEach(FieldFuzz::canBeKept);
        } catch (IllegalArgumentException e) {
            // refused
        }
    }

    private static void canBeKept(Records.Units units) {
        EngagementName name = units.name();
        if (!EngagementName.parse(name.encode()).equals(name) || name.article().indexOf('\0') >= 0) {
            throw new AssertionError("the ledger does not take " + name);
        }
    }
}
