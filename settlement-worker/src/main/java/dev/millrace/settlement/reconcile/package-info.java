/** Compares the counters with the ledger, and the ledger with itself, for a person who then decides. */
@NullMarked
package dev.millrace.settlement.reconcile;

import org.jspecify.annotations.NullMarked;
