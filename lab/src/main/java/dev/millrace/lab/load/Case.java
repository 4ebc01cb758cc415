package dev.millrace.lab.load;

import java.util.List;

/**
 * How the events are sent.
 *
 * @param name as it stands in the results: {@code single}, {@code batch-100}, {@code clients-64}
 * @param batch events in one request, statement or pipeline
 * @param clients connections that each wait for an answer before they send more
 */
public record Case(String name, int batch, int clients) {
    /** The ways in which requests to ingest-api are sent. */
    public static final List<Case> HTTP =
            List.of(new Case("single", 1, 64), new Case("batch-100", 100, 8), new Case("batch-1000", 1_000, 4));
}
