/** What people and programs are shown of a run: where it took place, and figures in columns. */
@NullMarked
package dev.millrace.lab.report;

import org.jspecify.annotations.NullMarked;
