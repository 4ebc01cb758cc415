/** The creator a request is about. */
@NullMarked
package dev.millrace.ledger.creator;

import org.jspecify.annotations.NullMarked;
