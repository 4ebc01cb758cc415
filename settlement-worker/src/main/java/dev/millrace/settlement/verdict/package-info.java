/** Keeps in the ledger what became of publishers' events, as ingest nodes have counted it in Redis. */
@NullMarked
package dev.millrace.settlement.verdict;

import org.jspecify.annotations.NullMarked;
