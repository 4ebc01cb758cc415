/** The words of an event token: who signed it, whom it pays, and what kind of event it may be used for. */
@NullMarked
package dev.millrace.common.token;

import org.jspecify.annotations.NullMarked;
