/** The refusals of requests: one list of codes, one exception, and its answer. */
@NullMarked
package dev.millrace.service.problem;

import org.jspecify.annotations.NullMarked;
