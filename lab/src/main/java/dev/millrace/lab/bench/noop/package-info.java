/** A server that does nothing, as fast as it can. */
@NullMarked
package dev.millrace.lab.bench.noop;

import org.jspecify.annotations.NullMarked;
