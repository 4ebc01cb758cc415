package dev.millrace.settlement.reconcile;

import dev.millrace.counters.Partition;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/**
 * Names the keys of a quarantined epoch; people use the earnings' name for all of them.
 *
 * @param lineage the lineage of the opening that put it there
 * @param epoch the number it had
 */
record QuarantineName(Partition partition, long lineage, long epoch) {
    /** Of all of them, for SCAN. */
    static final String PATTERN = "{p*}:quarantine:*";

    private static final Pattern NAME =
            Pattern.compile("\\{p([0-9]{2})[a-z]{0,4}}:quarantine:([0-9]{1,18}):(?:earn|engage|folded):([0-9]{1,18})");

    /** Of any of the keys. */
    static Optional<QuarantineName> ofKey(String key) {
        Matcher matcher = NAME.matcher(key);
        if (!matcher.matches() || Integer.parseInt(matcher.group(1)) >= Partition.COUNT) {
            return Optional.empty();
        }
        QuarantineName name = new QuarantineName(
                Partition.of(Integer.parseInt(matcher.group(1))),
                Long.parseLong(matcher.group(2)),
                Long.parseLong(matcher.group(3)));
        return Optional.of(name)
                .filter(n -> n.earn().equals(key)
                        || n.engage().equals(key)
                        || n.folded().equals(key));
    }

    /**
     * Of the earnings.
     *
     * @throws TypeConversionException when it is none, as the command line's parser expects
     */
    static QuarantineName parse(String text) {
        return ofKey(text)
                .filter(name -> name.earn().equals(text))
                .orElseThrow(() -> new TypeConversionException(
                        "'%s' is no name of a quarantined epoch: {pNN…}:quarantine:<lineage>:earn:<epoch>"
                                .formatted(text)));
    }

    String earn() {
        return partition.quarantine(lineage, "earn", epoch);
    }

    String engage() {
        return partition.quarantine(lineage, "engage", epoch);
    }

    String folded() {
        return partition.quarantine(lineage, "folded", epoch);
    }
}
