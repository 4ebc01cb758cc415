/** Acts of administration: each in one transaction with its trace, and once for each key that a caller names. */
@NullMarked
package dev.millrace.ledger.act;

import org.jspecify.annotations.NullMarked;
