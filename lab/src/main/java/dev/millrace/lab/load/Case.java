package dev.millrace.lab.bench;

/**
 * How the events are sent.
 *
 * @param name as it stands in the results: {@code single}, {@code batch-100}, {@code clients-64}
 * @param batch events in one request, statement or pipeline
 * @param clients connections that each wait for an answer before they send more
 */
record Case(String name, int batch, int clients) {}
