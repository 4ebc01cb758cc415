package dev.millrace.ingest.tally;

import dev.millrace.ingest.verify.Rejected;

/** What became of one event. */
public sealed interface Outcome {
    /** It counts, now and for good. */
    record Accepted() implements Outcome {}

    /** It counted before; it is not paid again. */
    record Duplicate() implements Outcome {}

    /** It will never count. */
    record Refused(Rejected why) implements Outcome {}

    Outcome ACCEPTED = new Accepted();
    Outcome DUPLICATE = new Duplicate();
}
