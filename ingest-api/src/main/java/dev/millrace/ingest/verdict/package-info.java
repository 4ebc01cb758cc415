/** Keeps what became of publishers' events, and shows it to their publishers. */
@NullMarked
package dev.millrace.ingest.verdict;

import org.jspecify.annotations.NullMarked;
