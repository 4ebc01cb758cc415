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
    /** So many that a server which has to wait for something always has more to do meanwhile. */
    public static final Case SINGLE = new Case("single", 1, 256);

    /** As many events under way as with {@link #BATCH_1000}. */
    public static final Case BATCH_100 = new Case("batch-100", 100, 40);

    public static final Case BATCH_1000 = new Case("batch-1000", 1_000, 4);

    /** The ways in which requests to ingest-api are sent. */
    public static final List<Case> HTTP = List.of(SINGLE, BATCH_100, BATCH_1000);
}
