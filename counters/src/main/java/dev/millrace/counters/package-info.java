/** All of Redis: the names of keys, the connection, and one class beside each script. */
@NullMarked
package dev.millrace.counters;

import org.jspecify.annotations.NullMarked;
