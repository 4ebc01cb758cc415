package dev.millrace.common.token;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * By what else units are archived, beside their type. Units without a filter that begin no visit are paid; the others cost nothing.
 *
 * @param filter why the units are no reader's; null: they are
 * @param visit whether a visit is counted here, and no unit of the type
 * @param source from where the reader came; null: it is not known
 * @param visitor whether the units are a known visitor's
 */
public record Note(
        @Nullable Filter filter, boolean visit, @Nullable Source source, boolean visitor) {
    /** No note. */
    public static final Note NONE = new Note(null, false, null, false);

    private static final char FILTERED = '!';
    private static final char VISIT = '^';
    private static final char ATTRIBUTE = '~';
    private static final String VISITOR = "~v";

    /** Units that are not paid. */
    public static Note filtered(Filter filter) {
        return new Note(filter, false, null, false);
    }

    /** The beginning of a visit, or with 0 units its going on. */
    public static Note visit(@Nullable Source source) {
        return new Note(null, true, source, false);
    }

    /** Paid units. */
    public static Note of(@Nullable Source source, boolean visitor) {
        return source == null && !visitor ? NONE : new Note(null, false, source, visitor);
    }

    /** Whether its units are paid. */
    public boolean isPaid() {
        return filter == null && !visit;
    }

    /** How it stands behind a type in the counters: {@code !<filter>}, {@code ^<source>}, {@code ~<source>}, {@code ~<source>~v}, or nothing. */
    public String encode() {
        String name = source == null ? "" : source.wireName();
        if (filter != null) {
            return FILTERED + filter.wireName();
        } else if (visit) {
            return VISIT + name;
        } else if (visitor) {
            return ATTRIBUTE + name + VISITOR;
        }
        return source == null ? "" : ATTRIBUTE + name;
    }

    /** Where the note begins in a type with its note. */
    static int begin(String type) {
        for (int i = 0; i < type.length(); i++) {
            char c = type.charAt(i);
            if (c == FILTERED || c == VISIT || c == ATTRIBUTE) {
                return i;
            }
        }
        return type.length();
    }

    /** What {@link #encode} gives, and nothing else. */
    static Optional<Note> parse(String text) {
        if (text.isEmpty()) {
            return Optional.of(NONE);
        }
        String rest = text.substring(1);
        return switch (text.charAt(0)) {
            case FILTERED -> Filter.named(rest).map(Note::filtered);
            case VISIT -> source(rest, source -> visit(source));
            case ATTRIBUTE -> {
                boolean visitor = rest.endsWith(VISITOR);
                String name = visitor ? rest.substring(0, rest.length() - VISITOR.length()) : rest;
                yield name.isEmpty() && !visitor ? Optional.empty() : source(name, source -> of(source, visitor));
            }
            default -> Optional.empty();
        };
    }

    private interface OfSource {
        Note make(@Nullable Source source);
    }

    private static Optional<Note> source(String name, OfSource note) {
        return name.isEmpty()
                ? Optional.of(note.make(null))
                : Source.named(name).map(note::make);
    }
}
