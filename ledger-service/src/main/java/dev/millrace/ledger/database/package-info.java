/** The schema: the command that migrates it, and the check that it is the one that this release needs. */
@NullMarked
package dev.millrace.ledger.database;

import org.jspecify.annotations.NullMarked;
