/** The commands of the command line, one class each. */
@NullMarked
package dev.millrace.local.command;

import org.jspecify.annotations.NullMarked;
