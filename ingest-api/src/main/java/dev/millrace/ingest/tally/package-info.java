/** Counts verified events in Redis, each exactly once. */
@NullMarked
package dev.millrace.ingest.tally;

import org.jspecify.annotations.NullMarked;
