/** Settlement: seal, read, settle, release. */
@NullMarked
package dev.millrace.settlement;

import org.jspecify.annotations.NullMarked;
