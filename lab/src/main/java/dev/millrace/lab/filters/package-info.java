/** Measures which share of known robots and browsers the filters take. */
@NullMarked
package dev.millrace.lab.filters;

import org.jspecify.annotations.NullMarked;
