/** The edge: receive, verify, tally. Talks to Redis only. */
@NullMarked
package dev.millrace.ingest;

import org.jspecify.annotations.NullMarked;
