/** The installation's secrets and the keys derived from them. */
@NullMarked
package dev.millrace.common.key;

import org.jspecify.annotations.NullMarked;
