/** Names of the counters in Redis and of the fields in them. */
@NullMarked
package dev.millrace.common.counters;

import org.jspecify.annotations.NullMarked;
