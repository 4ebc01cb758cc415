/** Compares Redis with the ledger every second: the same process, the same epochs, the same money. */
@NullMarked
package dev.millrace.settlement.watch;

import org.jspecify.annotations.NullMarked;
