/** What a request is refused with: one list of codes, one exception, and the ways in which it is answered. */
@NullMarked
package dev.millrace.service.problem;

import org.jspecify.annotations.NullMarked;
