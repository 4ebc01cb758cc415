/** The statement: a creator's entries, newest first. */
@NullMarked
package dev.millrace.ledger.statement;

import org.jspecify.annotations.NullMarked;
