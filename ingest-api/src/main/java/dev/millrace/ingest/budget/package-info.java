/** What publishers with a budget have spent, and whether an event still fits. */
@NullMarked
package dev.millrace.ingest.budget;

import org.jspecify.annotations.NullMarked;
