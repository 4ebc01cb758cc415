/** The connection to Redis and what it tells: is it there, what is its time, which catalogue is in force. */
@NullMarked
package dev.millrace.ingest.counters;

import org.jspecify.annotations.NullMarked;
