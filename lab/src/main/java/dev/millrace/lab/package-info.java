/** What proves the promises: benchmarks here, runs of the whole path over real processes in the tests. */
@NullMarked
package dev.millrace.lab;

import org.jspecify.annotations.NullMarked;
