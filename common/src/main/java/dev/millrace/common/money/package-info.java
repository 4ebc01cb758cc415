/** Amounts of money, exact to the micro. */
@NullMarked
package dev.millrace.common.money;

import org.jspecify.annotations.NullMarked;
