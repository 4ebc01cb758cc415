/** What people read of a mistake: settings that are refused, and values that somebody sent. */
@NullMarked
package dev.millrace.common.message;

import org.jspecify.annotations.NullMarked;
