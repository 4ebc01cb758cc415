package dev.millrace.lab.overload;

import dev.millrace.lab.stack.Sums;
import org.jspecify.annotations.Nullable;

/**
 * Honest load, alone or together with replays.
 *
 * @param goodput honest events accepted a second
 * @param honest what became of honest arrivals
 * @param replays what became of the replays, or null where there were none
 * @param redisSeconds CPU that Redis has used meanwhile
 * @param sums of the honest events; replays must not add to them
 */
record FloodRun(double goodput, Score honest, @Nullable Score replays, double redisSeconds, Sums sums) {}
