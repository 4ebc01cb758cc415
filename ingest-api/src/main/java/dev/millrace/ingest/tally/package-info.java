/** Counts priced events in Redis, together with those of other requests. */
@NullMarked
package dev.millrace.ingest.tally;

import org.jspecify.annotations.NullMarked;
