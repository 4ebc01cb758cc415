package dev.millrace.common.counters;

import dev.millrace.common.token.Kid;
import java.util.regex.Pattern;

/**
 * A field of an earn hash: {@code <publisher>|<creator>}. Neither id can hold the separator.
 *
 * @param publisher who signed and pays
 * @param creator who earns
 */
public record EarnField(String publisher, String creator) {
    /** What a creator id looks like. */
    public static final Pattern CREATOR = Pattern.compile("[A-Za-z0-9._:-]{1,64}");

    static final char SEPARATOR = '|';

    /** The field as Redis holds it. */
    public String encode() {
        return publisher + SEPARATOR + creator;
    }

    /**
     * Takes only what {@link #encode} gives for ids that the ledger takes: whatever else stands in Redis was not written by
     * us, and would fail the settlement of every partition instead of its own.
     *
     * @throws IllegalArgumentException when the field is none of ours
     */
    public static EarnField parse(String field) {
        int bar = field.indexOf(SEPARATOR);
        if (bar < 0 || !areIds(field.substring(0, bar), field.substring(bar + 1))) {
            throw new IllegalArgumentException("earn field '%s' is not <publisher>|<creator>".formatted(field));
        }
        return new EarnField(field.substring(0, bar), field.substring(bar + 1));
    }

    static boolean areIds(String publisher, String creator) {
        return Kid.PUBLISHER.matcher(publisher).matches()
                && CREATOR.matcher(creator).matches();
    }
}
