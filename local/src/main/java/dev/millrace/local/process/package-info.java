/** Child processes that live and die with us: started apart from the terminal, logged to a file, stopped by signal. */
@NullMarked
package dev.millrace.local.process;

import org.jspecify.annotations.NullMarked;
