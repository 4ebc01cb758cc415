package dev.millrace.settlement.reconcile;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.identity.Identity;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names the two hashes of an epoch that was set aside; people use the earnings' name for both.
 *
 * @param partition 0 to 15
 * @param opening the opening at which it was set aside
 * @param epoch the number it had
 */
record QuarantineName(int partition, long opening, long epoch) {
    /** Of all of them, for SCAN. */
    static final String PATTERN = "{p??}:quarantine:*";

    private static final Pattern NAME =
            Pattern.compile("\\{p([0-9]{2})}:quarantine:([0-9]{1,18}):(?:earn|engage):([0-9]{1,18})");

    /** Of either of the two hashes. */
    static Optional<QuarantineName> ofKey(String key) {
        Matcher matcher = NAME.matcher(key);
        if (!matcher.matches() || Integer.parseInt(matcher.group(1)) >= Identity.PARTITIONS) {
            return Optional.empty();
        }
        QuarantineName name = new QuarantineName(
                Integer.parseInt(matcher.group(1)), Long.parseLong(matcher.group(2)), Long.parseLong(matcher.group(3)));
        return Optional.of(name).filter(n -> n.earn().equals(key) || n.engage().equals(key));
    }

    /** Of the earnings' hash. */
    static Optional<QuarantineName> parse(String text) {
        return ofKey(text).filter(name -> name.earn().equals(text));
    }

    String earn() {
        return new CounterKeys(partition).quarantine(opening, "earn", epoch);
    }

    String engage() {
        return new CounterKeys(partition).quarantine(opening, "engage", epoch);
    }
}
