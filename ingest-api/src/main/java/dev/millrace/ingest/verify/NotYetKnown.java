package dev.millrace.ingest.verify;

import dev.millrace.common.token.Kid;

/**
 * An event whose token is well signed under a key that the node's catalogue does not have yet. It may count once the node has
 * read a later catalogue, so the whole request is to be sent again.
 *
 * @param kid the key
 */
public record NotYetKnown(Kid kid) implements Verdict {}
