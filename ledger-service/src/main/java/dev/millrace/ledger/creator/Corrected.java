package dev.millrace.ledger.creator;

/**
 * What corrections took back, beside the gross.
 *
 * @param units whole units; a part of a unit's price counts none
 */
public record Corrected(long units, long micros) {}
