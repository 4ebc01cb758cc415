package dev.millrace.ingest.verify;

import dev.millrace.common.token.EventType;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an event's {@code key} may be, so that one token can't pay without end.
 *
 * @param reactions the keys of a reaction
 */
record EventKey(Set<String> reactions) {
    private static final Set<String> SCROLL_MARKS = Set.of("25", "50", "75", "100");
    private static final Pattern WHOLE = Pattern.compile("[1-9][0-9]{1,2}");
    private static final int READ_STEP = 15;

    /** Most seconds of reading that a token pays, so that a tab left open does not earn on: 20 marks. */
    private static final int MOST_READ = 300;

    private static final String READ_RULE =
            "read takes a multiple of %d from %d to %d (seconds)".formatted(READ_STEP, READ_STEP, MOST_READ);

    /** Why this key does not fit the type, or null when it does. */
    @Nullable
    String misfit(EventType type, @Nullable String key) {
        return switch (type) {
            case SCROLL ->
                key != null && SCROLL_MARKS.contains(key) ? null : misfit(key, "scroll takes 25, 50, 75 or 100");
            case READ -> key != null && isReadMark(key) ? null : misfit(key, READ_RULE);
            case REACTION ->
                key != null && reactions.contains(key)
                        ? null
                        : misfit(
                                key,
                                "reaction takes one of "
                                        + reactions.stream().sorted().toList());
            case VIEW, COMMENT, SEARCH_VISIT -> key == null ? null : misfit(key, type.wireName() + " takes none");
        };
    }

    /** Seconds after {@code iat} before which an event of this key can't have happened; 0 for a type without such marks. */
    long secondsAfterIssue(EventType type, @Nullable String key) {
        return type == EventType.READ && key != null ? Integer.parseInt(key) : 0;
    }

    private static boolean isReadMark(String key) {
        if (!WHOLE.matcher(key).matches()) {
            return false;
        }
        int seconds = Integer.parseInt(key);
        return seconds % READ_STEP == 0 && seconds <= MOST_READ;
    }

    private static String misfit(@Nullable String key, String rule) {
        return "key is %s; %s".formatted(Shown.of(key), rule);
    }
}
