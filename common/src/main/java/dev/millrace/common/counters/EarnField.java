package dev.millrace.common.counters;

/**
 * A field of an earn hash: {@code <publisher>|<creator>}. Neither id can hold the separator.
 *
 * @param publisher who signed and pays
 * @param creator who earns
 */
public record EarnField(String publisher, String creator) {
    static final char SEPARATOR = '|';

    /** The field as Redis holds it. */
    public String encode() {
        return publisher + SEPARATOR + creator;
    }

    /**
     * @throws IllegalArgumentException when the field is none of ours
     */
    public static EarnField parse(String field) {
        int bar = field.indexOf(SEPARATOR);
        if (bar < 1 || bar == field.length() - 1 || field.indexOf(SEPARATOR, bar + 1) >= 0) {
            throw new IllegalArgumentException("earn field '%s' is not <publisher>|<creator>".formatted(field));
        }
        return new EarnField(field.substring(0, bar), field.substring(bar + 1));
    }
}
