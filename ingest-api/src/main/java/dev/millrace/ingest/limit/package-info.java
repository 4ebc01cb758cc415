/** How many requests are worked on at a time. */
@NullMarked
package dev.millrace.ingest.limit;

import org.jspecify.annotations.NullMarked;
