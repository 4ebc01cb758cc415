package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.stack.Aof;
import org.jspecify.annotations.Nullable;

/**
 * One line of the results.
 *
 * @param contestant its name
 * @param shape how the events are sent
 * @param aof how Redis is set, or null where the contestant has none
 * @param creators how many earn; 1 is the viral case
 */
record Scenario(String contestant, Case shape, @Nullable Aof aof, int creators) {}
