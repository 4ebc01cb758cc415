/** How far each partition is settled, and who owns it for now. */
@NullMarked
package dev.millrace.settlement.cursor;

import org.jspecify.annotations.NullMarked;
