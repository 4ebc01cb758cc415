/** This node's copy of the logs: the identities that were counted. */
@NullMarked
package dev.millrace.ingest.index;

import org.jspecify.annotations.NullMarked;
