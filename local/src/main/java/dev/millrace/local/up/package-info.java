/** The embedded stack: real servers and the three services, started, watched and stopped as one. */
@NullMarked
package dev.millrace.local.up;

import org.jspecify.annotations.NullMarked;
