/** Reads what a sealed epoch holds and proves that it adds up. */
@NullMarked
package dev.millrace.settlement.read;

import org.jspecify.annotations.NullMarked;
