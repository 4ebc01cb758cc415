/** Serves the script that a publisher's page includes, which sends its events. */
@NullMarked
package dev.millrace.ingest.script;

import org.jspecify.annotations.NullMarked;
