/** What is refused because too much is under way. Connections are the server's own business. */
@NullMarked
package dev.millrace.ingest.overload;

import org.jspecify.annotations.NullMarked;
