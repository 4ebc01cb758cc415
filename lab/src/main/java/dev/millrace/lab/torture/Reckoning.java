package dev.millrace.lab.torture;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;

/**
 * The ledger at the end, held against what was sent.
 *
 * @param micros of all creators, by the postings
 * @param events settled
 * @param journals in the chain
 */
record Reckoning(long micros, long events, long journals) {
    /**
     * Compares everything with everything; nothing may move meanwhile.
     *
     * @param shown total of each creator that was asked for, as the API answered
     */
    static Reckoning of(
            Books books, RedisReckoning counters, Oracle oracle, Map<Integer, Long> shown, Deviations deviations)
            throws SQLException {
        Map<Cell, Long> postings = books.postings();
        oracle.compare(postings, deviations);
        books.addUnsound(deviations);
        equal("engagement × rates of ", books.engagement(), postings, deviations);
        equal("articles' scores of ", books.scores(), postings, deviations);
        counters.compare(books.cursors(), deviations);
        shown(shown, postings, deviations);
        Reckoning found = new Reckoning(
                postings.values().stream().mapToLong(Long::longValue).sum(), books.events(), books.journals());
        if (found.events() < oracle.acknowledgedEvents()
                || found.events() > oracle.acknowledgedEvents() + oracle.unansweredEvents()) {
            deviations.add(
                    "events in the ledger",
                    "%d acknowledged, and up to %d without an answer"
                            .formatted(oracle.acknowledgedEvents(), oracle.unansweredEvents()),
                    found.events());
        }
        return found;
    }

    private static void equal(String what, Map<Cell, Long> found, Map<Cell, Long> postings, Deviations deviations) {
        Map<Cell, Long> all = new HashMap<>(postings);
        found.forEach((cell, micros) -> all.merge(cell, -micros, Long::sum));
        all.forEach((cell, difference) -> {
            if (difference != 0) {
                deviations.add(
                        what + cell, "the postings' " + postings.getOrDefault(cell, 0L), found.getOrDefault(cell, 0L));
            }
        });
    }

    private static void shown(Map<Integer, Long> shown, Map<Cell, Long> postings, Deviations deviations) {
        Map<Integer, Long> byCreator = new HashMap<>();
        postings.forEach((cell, micros) -> byCreator.merge(cell.creator(), micros, Long::sum));
        shown.forEach((creator, total) -> {
            deviations.expect(
                    "balance shown of " + Cell.creatorName(creator), byCreator.getOrDefault(creator, 0L), total);
        });
    }
}
