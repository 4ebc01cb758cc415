/** Decides from an event alone whether it may count, and what it is worth. */
@NullMarked
package dev.millrace.ingest.verify;

import org.jspecify.annotations.NullMarked;
