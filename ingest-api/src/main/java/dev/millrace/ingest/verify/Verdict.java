package dev.millrace.ingest.verify;

import dev.millrace.common.token.Kid;

/** What is known of an event before it reaches Redis: it may count, it never will, or it is to be sent again. */
public sealed interface Verdict permits PricedEvent, Outcome, Verdict.NotYetKnown {
    /**
     * An event whose token is well signed under a key that the node's catalogue does not have yet. It may count once the node has
     * read a later catalogue, so the whole request is to be sent again.
     *
     * @param kid the key
     */
    record NotYetKnown(Kid kid) implements Verdict {}
}
