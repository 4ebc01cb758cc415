/** What makes two events the same event, and where in Redis that is remembered. */
@NullMarked
package dev.millrace.common.identity;

import org.jspecify.annotations.NullMarked;
