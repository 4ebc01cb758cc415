/** The whole path as real processes, any number of ingest nodes and workers, for whatever wants to prove something on it. */
@NullMarked
package dev.millrace.lab.stack;

import org.jspecify.annotations.NullMarked;
