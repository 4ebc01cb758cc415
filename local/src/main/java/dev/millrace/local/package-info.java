/** The command line of Millrace and its entry point. */
@NullMarked
package dev.millrace.local;

import org.jspecify.annotations.NullMarked;
