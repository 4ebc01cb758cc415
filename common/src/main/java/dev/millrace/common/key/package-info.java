/** The installation's secrets and what is derived from them. */
@NullMarked
package dev.millrace.common.key;

import org.jspecify.annotations.NullMarked;
