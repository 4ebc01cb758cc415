package dev.millrace.settlement.settle;

import org.jspecify.annotations.Nullable;

/**
 * The head of a journal to be booked.
 *
 * @param events events counted in what it books
 * @param reason why a person had it booked; null for a settlement, and only there
 */
record Entry(Kind kind, long events, @Nullable String reason) {

    /** What a journal does with the staged earnings. */
    enum Kind {
        SETTLEMENT("settlement", Kind.FREE, Kind.PAID),
        ADOPTION("adoption", Kind.FREE, Kind.PAID),
        DISCARD("discard", Kind.OURS, Kind.PUT_BY);

        /** Who was engaged with gets an account even when all of it was free, so that the creator is known. */
        private static final String FREE = """
                SELECT 'creator:' || creator AS name FROM priced WHERE micros = 0
                UNION
                SELECT 'publisher:' || publisher FROM priced WHERE micros = 0""";

        private static final String OURS = "SELECT unnest(ARRAY ['adjustment', 'discarded']) AS name";

        private static final String PAID = """
                SELECT 'creator:' || creator AS name, publisher, sum(micros)::bigint AS micros
                FROM priced WHERE micros > 0 GROUP BY creator, publisher
                UNION ALL
                SELECT 'publisher:' || publisher, publisher, -sum(micros)::bigint FROM priced WHERE micros > 0 GROUP BY publisher""";

        private static final String PUT_BY = """
                SELECT 'discarded' AS name, publisher, micros FROM put_by
                UNION ALL
                SELECT 'adjustment', publisher, -micros FROM put_by""";

        private final String label;
        private final String accounts;
        private final String postings;

        Kind(String label, String accounts, String postings) {
            this.label = label;
            this.accounts = accounts;
            this.postings = postings;
        }

        /** As the ledger names it. */
        String label() {
            return label;
        }

        /** A query for the names of accounts that it needs besides those of its postings. */
        String accounts() {
            return accounts;
        }

        /** A query for its postings: name, publisher, micros; they sum to zero. */
        String postings() {
            return postings;
        }
    }
}
