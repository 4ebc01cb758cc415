/** Messages about mistakes: refused settings, outages, and values of strangers made printable. */
@NullMarked
package dev.millrace.common.message;

import org.jspecify.annotations.NullMarked;
