package dev.millrace.lab.link;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a link does to the bytes that go through it.
 *
 * @param delay how long each piece is held back
 * @param silent the directions in which nothing comes through, and no end of a connection either
 * @param breakAfter of each further piece of a reply only so many bytes come through, then the connection is reset; null
 *     lets replies through
 */
record Toxic(
        Duration delay, Set<Direction> silent, @Nullable Integer breakAfter) {
    static final Toxic NONE = new Toxic(Duration.ZERO, Set.of(), null);

    Toxic {
        silent = Set.copyOf(silent);
    }
}
