package dev.millrace.counters;

import dev.millrace.common.money.Micros;
import dev.millrace.common.token.CreatorId;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The control fields of an epoch's earnings.
 *
 * @param isEmpty whether there is nothing at all
 * @param sealedAt by Redis' clock, between the years 2000 and 9999; null where it is not sealed
 * @param micros Σ of the earnings, 0 to 10<sup>15</sup>
 * @param events number of events counted, 0 to 10<sup>12</sup>
 */
public record EpochControl(boolean isEmpty, @Nullable Instant sealedAt, long micros, long events) {
    private static final long MOST_MICROS = 1_000_000_000_000_000L;
    private static final long MOST_EVENTS = 1_000_000_000_000L;
    private static final Instant FIRST_SEAL = Instant.parse("2000-01-01T00:00:00Z");
    private static final Instant LAST_SEAL = Instant.parse("9999-12-31T00:00:00Z");
    private static final Set<String> CONTROL =
            Set.of(Ctl.SEALED, Ctl.EPOCH_MICROS, Ctl.EPOCH_EVENTS, Ctl.EPOCH_DAY, Ctl.ORIGIN, Ctl.SETTLED, Ctl.ASIDE);

    /** Whether a field of an earn hash is a creator's. */
    public static boolean isCreator(String field) {
        return CreatorId.matches(field);
    }

    /**
     * Reads the earnings of an epoch.
     *
     * @param page fields that Redis names at a time
     * @param earned takes what each creator has earned, 0 and negative amounts too; one creator may come twice, with the same amount
     * @param spent takes what was counted of each publisher's events on a day, in the same way
     * @param alive called after each page
     */
    public static EpochControl read(
            Link link,
            String key,
            int page,
            ObjLongConsumer<String> earned,
            ObjLongConsumer<SpentName> spent,
            Runnable alive)
            throws MalformedCountersException {
        Map<String, String> control = new HashMap<>();
        EpochReader.fields(
                link,
                key,
                page,
                (field, value) -> {
                    if (CONTROL.contains(field)) {
                        control.put(field, value);
                    } else if (SpentName.isOne(field)) {
                        spent.accept(SpentName.parse(field), number(field, value));
                        control.put("", "");
                    } else if (isCreator(field)) {
                        earned.accept(field, number(field, value));
                        control.put("", "");
                    } else {
                        throw new MalformedCountersException("earn field '%s' is no creator".formatted(field));
                    }
                },
                alive);
        return of(control);
    }

    /** Takes only what Redis writes, within what can be: anything else would fail the settlement of every partition. */
    public static EpochControl of(Map<String, String> fields) throws MalformedCountersException {
        return new EpochControl(
                fields.isEmpty(),
                sealedAt(fields.get(Ctl.SEALED)),
                bounded(Ctl.EPOCH_MICROS, fields.getOrDefault(Ctl.EPOCH_MICROS, "0"), MOST_MICROS),
                bounded(Ctl.EPOCH_EVENTS, fields.getOrDefault(Ctl.EPOCH_EVENTS, "0"), MOST_EVENTS));
    }

    private static @Nullable Instant sealedAt(@Nullable String text) throws MalformedCountersException {
        if (text == null) {
            return null;
        }
        Instant sealedAt = Instant.ofEpochMilli(number(Ctl.SEALED, text));
        if (sealedAt.isBefore(FIRST_SEAL) || sealedAt.isAfter(LAST_SEAL)) {
            throw new MalformedCountersException(
                    "%s is '%s', no time between the years 2000 and 9999".formatted(Ctl.SEALED, text));
        }
        return sealedAt;
    }

    private static long bounded(String field, String text, long most) throws MalformedCountersException {
        long number = number(field, text);
        if (number < 0 || number > most) {
            throw new MalformedCountersException("%s is %d, not 0 to %d".formatted(field, number, most));
        }
        return number;
    }

    private static long number(String field, String text) throws MalformedCountersException {
        try {
            return Micros.parse(text).value();
        } catch (NumberFormatException e) {
            throw new MalformedCountersException("'%s' holds '%s', which is no whole number".formatted(field, text));
        }
    }
}
