package dev.millrace.lab.torture;

/**
 * An event to send.
 *
 * @param cell who earns from whom
 * @param micros what it is worth
 * @param json as it is sent
 */
record Event(Cell cell, long micros, String json) {}
