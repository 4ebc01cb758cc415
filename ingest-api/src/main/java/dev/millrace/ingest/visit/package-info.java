/** Visits of readers: when one begins. */
@NullMarked
package dev.millrace.ingest.visit;

import org.jspecify.annotations.NullMarked;
