package dev.millrace.lab.overload;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.stack.Aof;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What is done, and for how long.
 *
 * @param length of each level and each run of the flood
 * @param shape of the requests
 * @param levels in percent of peak, each once; {@link #CALM} is always the first
 * @param aof when Redis writes to the disk
 * @param parts what is done besides finding the peak
 * @param seed that creators and articles are drawn from
 */
record Plan(Duration length, Case shape, List<Integer> levels, Aof aof, Set<Part> parts, long seed) {
    /** What is normal, which recovery is measured against, is seen at this level, in percent. */
    static final int CALM = 50;

    Plan {
        levels = Stream.concat(Stream.of(CALM), levels.stream()).distinct().toList();
        parts = Set.copyOf(parts);
    }
}
