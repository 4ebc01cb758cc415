/** The master key and every secret derived from it. */
@NullMarked
package dev.millrace.common.key;

import org.jspecify.annotations.NullMarked;
