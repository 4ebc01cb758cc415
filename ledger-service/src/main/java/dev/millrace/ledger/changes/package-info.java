/** The changes of settlements, for a consumer outside: a search index, a feed, a warehouse. */
@NullMarked
package dev.millrace.ledger.changes;

import org.jspecify.annotations.NullMarked;
