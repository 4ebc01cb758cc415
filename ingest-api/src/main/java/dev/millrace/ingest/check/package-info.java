/** Shows a publisher what is wrong with its tokens: the hints of dry runs, and the page {@code /check}. */
@NullMarked
package dev.millrace.ingest.check;

import org.jspecify.annotations.NullMarked;
