package dev.millrace.common.counters;

import dev.millrace.common.token.EventType;

/**
 * A field of an engage hash: {@code <publisher>|<creator>|<article>|<type>|<rate version>}. An article may hold any
 * character, the separator too, so the field is parsed from both ends.
 *
 * @param publisher who signed
 * @param creator whose article it is
 * @param article 1 to 128 characters
 * @param type kind of event
 * @param rateVersion the rate card the units were priced with
 */
public record EngageField(String publisher, String creator, String article, EventType type, int rateVersion) {

    /** The field as Redis holds it. */
    public String encode() {
        return publisher
                + EarnField.SEPARATOR
                + creator
                + EarnField.SEPARATOR
                + article
                + EarnField.SEPARATOR
                + type.wireName()
                + EarnField.SEPARATOR
                + rateVersion;
    }

    /** Whose earnings these units make up. */
    public EarnField earner() {
        return new EarnField(publisher, creator);
    }

    /**
     * @throws IllegalArgumentException when the field is none of ours
     */
    public static EngageField parse(String field) {
        int afterPublisher = field.indexOf(EarnField.SEPARATOR);
        int afterCreator = field.indexOf(EarnField.SEPARATOR, afterPublisher + 1);
        int beforeVersion = field.lastIndexOf(EarnField.SEPARATOR);
        int beforeType = field.lastIndexOf(EarnField.SEPARATOR, beforeVersion - 1);
        if (afterPublisher < 1 || afterCreator < 0 || beforeType <= afterCreator) {
            throw malformed(field);
        }
        EventType type =
                EventType.named(field.substring(beforeType + 1, beforeVersion)).orElseThrow(() -> malformed(field));
        try {
            return new EngageField(
                    field.substring(0, afterPublisher),
                    field.substring(afterPublisher + 1, afterCreator),
                    field.substring(afterCreator + 1, beforeType),
                    type,
                    Integer.parseInt(field.substring(beforeVersion + 1)));
        } catch (NumberFormatException e) {
            throw malformed(field);
        }
    }

    private static IllegalArgumentException malformed(String field) {
        return new IllegalArgumentException(
                "engage field '%s' is not <publisher>|<creator>|<article>|<type>|<rate version>".formatted(field));
    }
}
