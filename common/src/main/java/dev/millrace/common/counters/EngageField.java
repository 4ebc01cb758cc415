package dev.millrace.common.counters;

import dev.millrace.common.token.EventType;
import java.util.regex.Pattern;

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
    /** Most characters (code points) of an article id. */
    public static final int MOST_ARTICLE = 128;

    private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,9}");

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
     * Takes only what {@link #encode} gives for ids that the ledger takes: whatever else stands in Redis was not written by
     * us, and would fail the settlement of every partition instead of its own.
     *
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
        String publisher = field.substring(0, afterPublisher);
        String creator = field.substring(afterPublisher + 1, afterCreator);
        String article = field.substring(afterCreator + 1, beforeType);
        EventType type =
                EventType.named(field.substring(beforeType + 1, beforeVersion)).orElseThrow(() -> malformed(field));
        String version = field.substring(beforeVersion + 1);
        if (!EarnField.areIds(publisher, creator)
                || !isArticle(article)
                || !VERSION.matcher(version).matches()) {
            throw malformed(field);
        }
        try {
            return new EngageField(publisher, creator, article, type, Integer.parseInt(version));
        } catch (NumberFormatException e) {
            throw malformed(field);
        }
    }

    /** 1 to 128 characters that Redis and Postgres give back as they were: no NUL, no half of a surrogate pair. */
    private static boolean isArticle(String text) {
        int length = text.codePointCount(0, text.length());
        return length >= 1
                && length <= MOST_ARTICLE
                && text.codePoints().noneMatch(c -> c == 0 || Character.getType(c) == Character.SURROGATE);
    }

    private static IllegalArgumentException malformed(String field) {
        return new IllegalArgumentException(
                "engage field '%s' is not <publisher>|<creator>|<article>|<type>|<rate version>".formatted(field));
    }
}
