package dev.millrace.lab.torture;

/**
 * An event to send.
 *
 * @param cell who earns from whom
 * @param micros what it is worth
 * @param json as it is sent
 * @param again whether an event before it was the same one, under another token
 */
record Event(Cell cell, long micros, String json, boolean again) {}
