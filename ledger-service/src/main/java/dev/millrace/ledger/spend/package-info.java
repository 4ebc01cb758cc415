/** The publisher's side: what it has spent, and on what. */
@NullMarked
package dev.millrace.ledger.spend;

import org.jspecify.annotations.NullMarked;
