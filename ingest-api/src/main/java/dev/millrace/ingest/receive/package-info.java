/** Takes a publisher's request apart and answers it. */
@NullMarked
package dev.millrace.ingest.receive;

import org.jspecify.annotations.NullMarked;
