/** Tells the visitors of a page apart that holds a page token: by address and user agent, under a key of the day. */
@NullMarked
package dev.millrace.ingest.page;

import org.jspecify.annotations.NullMarked;
