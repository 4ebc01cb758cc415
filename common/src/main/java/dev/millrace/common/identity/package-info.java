/** What makes two events the same event. */
@NullMarked
package dev.millrace.common.identity;

import org.jspecify.annotations.NullMarked;
