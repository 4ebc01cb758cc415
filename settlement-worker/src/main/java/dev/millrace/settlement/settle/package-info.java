/** Books sealed epochs in one transaction, and releases those that are kept no longer. */
@NullMarked
package dev.millrace.settlement.settle;

import org.jspecify.annotations.NullMarked;
