/** Books sealed epochs in one transaction, and releases epochs settled long ago. */
@NullMarked
package dev.millrace.settlement.settle;

import org.jspecify.annotations.NullMarked;
