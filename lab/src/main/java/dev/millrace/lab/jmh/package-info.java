/** Benchmarks of single steps of the path, each against a baseline measured in the same run. */
@NullMarked
package dev.millrace.lab.jmh;

import org.jspecify.annotations.NullMarked;
