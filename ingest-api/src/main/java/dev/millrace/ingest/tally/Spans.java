package dev.millrace.ingest.tally;

import java.time.Duration;

/**
 * How long identities are remembered.
 *
 * @param shortSeconds for views, reads and scrolls
 * @param longSeconds for reactions, comments and search visits
 */
record Spans(long shortSeconds, long longSeconds) {

    static Spans of(Duration shortSpan, Duration longSpan) {
        return new Spans(shortSpan.toSeconds(), longSpan.toSeconds());
    }
}
