/**
 * Benchmarks (JMH) of single steps of an event's path, each against a baseline measured in the same run. A benchmark of
 * package-private classes lies in their package.
 */
@NullMarked
package dev.millrace.ingest.benchmark;

import org.jspecify.annotations.NullMarked;
