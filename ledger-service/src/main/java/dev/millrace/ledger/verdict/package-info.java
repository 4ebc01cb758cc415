/** Shows publishers what became of their events. */
@NullMarked
package dev.millrace.ledger.verdict;

import org.jspecify.annotations.NullMarked;
