/**
 * Benchmarks of single steps of the path, each against a baseline measured in the same run. Those of classes that only their
 * own package sees lie in that package, beside this one: {@code dev.millrace.ingest.receive}.
 */
@NullMarked
package dev.millrace.lab.jmh;

import org.jspecify.annotations.NullMarked;
