/** Moves the pointer of a partition from one epoch to the next, and opens it where it points nowhere. */
@NullMarked
package dev.millrace.settlement.seal;

import org.jspecify.annotations.NullMarked;
