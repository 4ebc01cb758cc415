package dev.millrace.common.token;

import java.util.regex.Pattern;

/**
 * The name that units are counted under: {@code <publisher>|<creator>|<article>|<type>|<rate version>} as a field of a folded hash. An article may
 * hold any character, the separator too, so the field is parsed from both ends.
 *
 * @param publisher who signed, and pays
 * @param creator whose article it is, and who earns
 * @param article 1 to 128 characters
 * @param type kind of event
 * @param note by what else the units are archived; it stands behind the type
 * @param rateVersion the rate card the units were priced with, from 1
 */
public record EngagementName(
        String publisher, String creator, String article, EventType type, Note note, int rateVersion) {
    private static final char SEPARATOR = '|';
    private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,9}");

    /** Without a note. */
    public EngagementName(String publisher, String creator, String article, EventType type, int rateVersion) {
        this(publisher, creator, article, type, Note.NONE, rateVersion);
    }

    /** The same with this note. */
    public EngagementName with(Note other) {
        return new EngagementName(publisher, creator, article, type, other, rateVersion);
    }

    /** Type and note as the counters have them. */
    public String typeAndNote() {
        return type.wireName() + note.encode();
    }

    /** The field as Redis holds it. */
    public String encode() {
        return publisher
                + SEPARATOR
                + creator
                + SEPARATOR
                + article
                + SEPARATOR
                + typeAndNote()
                + SEPARATOR
                + rateVersion;
    }

    /**
     * Takes only what {@link #encode} gives for ids that the ledger takes: whatever else stands in Redis was not written by us, and would
     * fail the settlement of every partition instead of its own.
     *
     * @throws IllegalArgumentException when the field is none of ours
     */
    public static EngagementName parse(String field) {
        int afterPublisher = field.indexOf(SEPARATOR);
        int afterCreator = field.indexOf(SEPARATOR, afterPublisher + 1);
        int beforeVersion = field.lastIndexOf(SEPARATOR);
        int beforeType = field.lastIndexOf(SEPARATOR, beforeVersion - 1);
        if (afterPublisher < 1 || afterCreator < 0 || beforeType <= afterCreator) {
            throw malformed(field);
        }
        String version = field.substring(beforeVersion + 1);
        if (!VERSION.matcher(version).matches()) {
            throw malformed(field);
        }
        return checked(
                field.substring(0, afterPublisher),
                field.substring(afterPublisher + 1, afterCreator),
                field.substring(afterCreator + 1, beforeType),
                field.substring(beforeType + 1, beforeVersion),
                Long.parseLong(version));
    }

    /**
     * @param type with its note
     * @throws IllegalArgumentException when one of the parts is none that the ledger takes
     */
    public static EngagementName checked(
            String publisher, String creator, String article, String type, long rateVersion) {
        if (!Kid.PUBLISHER.matcher(publisher).matches()
                || !CreatorId.matches(creator)
                || !ArticleId.matches(article)
                || rateVersion < 1
                || rateVersion > Integer.MAX_VALUE) {
            throw malformed(String.join("|", publisher, creator, article, type, Long.toString(rateVersion)));
        }
        int end = Note.begin(type);
        EventType known = EventType.named(type.substring(0, end))
                .orElseThrow(() -> malformed(String.join("|", publisher, creator, article, type)));
        Note note = Note.parse(type.substring(end))
                .orElseThrow(() -> malformed(String.join("|", publisher, creator, article, type)));
        return new EngagementName(publisher, creator, article, known, note, (int) rateVersion);
    }

    private static IllegalArgumentException malformed(String field) {
        return new IllegalArgumentException(
                "'%s' is not <publisher>|<creator>|<article>|<type>|<rate version>".formatted(field));
    }
}
