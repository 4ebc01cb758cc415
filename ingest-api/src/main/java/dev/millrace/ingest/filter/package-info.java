/** Tells from its headers, address and pace whether a visit is a reader's. */
@NullMarked
package dev.millrace.ingest.filter;

import org.jspecify.annotations.NullMarked;
