package dev.millrace.settlement.reconcile;

import java.math.BigInteger;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Holds what is booked against what it was earned with: each creator's postings against its balance and against units ×
 * rates of the archive; each publisher's debit against the credits it pays for; every other balance against its postings.
 *
 * <p>The database compares; only what differs comes here. A correction changes postings and no engagement, so it is left
 * out of what has to be earned.
 */
final class AccountCheck {
    private static final String CORRECTED =
            "corrected AS MATERIALIZED (SELECT created_at, journal_id FROM journal WHERE kind = 'correction')";

    private static final String CREATORS = "WITH " + CORRECTED + """
            , posted AS (
                SELECT account_id, publisher, sum(micros) AS settled,
                       coalesce(sum(micros) FILTER (WHERE c.journal_id IS NOT NULL), 0) AS corrections
                FROM posting LEFT JOIN corrected c USING (created_at, journal_id)
                GROUP BY account_id, publisher
            ), of_creator AS (
                SELECT substr(a.name, 9) AS creator, p.publisher, p.settled, p.corrections
                FROM posted p JOIN account a USING (account_id)
                WHERE a.name LIKE 'creator:%'
            ), archived AS (
                SELECT e.creator, e.publisher, sum(e.units::numeric * p.micros) AS recomputed, sum(e.micros) AS archived,
                       count(*) FILTER (WHERE e.micros IS DISTINCT FROM e.units::numeric * p.micros) AS wrong
                FROM engagement e LEFT JOIN rate p ON p.version = e.rate_version AND p.type = e.type
                GROUP BY e.creator, e.publisher
            ), by_publisher AS (
                SELECT creator, publisher, coalesce(settled, 0) AS settled, coalesce(archived, 0) AS archived,
                       coalesce(recomputed, 0) + coalesce(corrections, 0) AS recomputed, coalesce(wrong, 0) AS wrong
                FROM of_creator FULL JOIN archived USING (creator, publisher)
            ), by_creator AS (
                SELECT creator, sum(settled) AS settled, sum(recomputed) AS recomputed, sum(archived) AS archived, sum(wrong) AS wrong,
                       array_agg(publisher ORDER BY publisher) FILTER (WHERE settled <> recomputed) AS publishers
                FROM by_publisher
                GROUP BY creator
            ), held AS (
                SELECT substr(a.name, 9) AS creator, b.micros
                FROM balance b JOIN account a USING (account_id)
                WHERE a.name LIKE 'creator:%'
            )
            SELECT creator, coalesce(settled, 0) AS settled, coalesce(held.micros, 0) AS balance, coalesce(recomputed, 0) AS recomputed,
                   coalesce(archived, 0) AS archived, coalesce(wrong, 0) AS wrong, publishers
            FROM by_creator FULL JOIN held USING (creator)
            WHERE coalesce(settled, 0) <> coalesce(held.micros, 0) OR publishers IS NOT NULL OR wrong > 0
            ORDER BY creator
            """;

    private static final String OTHERS = """
            SELECT account_id, a.name, coalesce(p.micros, 0) AS settled, coalesce(b.micros, 0) AS balance
            FROM (SELECT account_id, sum(micros) AS micros FROM posting GROUP BY account_id) p
            FULL JOIN balance b USING (account_id)
            LEFT JOIN account a USING (account_id)
            WHERE a.name IS NULL OR (a.name NOT LIKE 'creator:%' AND coalesce(p.micros, 0) <> coalesce(b.micros, 0))
            ORDER BY account_id
            """;

    private static final String PUBLISHERS = "WITH " + CORRECTED + """
            , posted AS (
                SELECT account_id, publisher, sum(micros) AS micros
                FROM posting LEFT JOIN corrected c USING (created_at, journal_id)
                WHERE c.journal_id IS NULL
                GROUP BY account_id, publisher
            ), paid AS (
                SELECT p.publisher,
                       coalesce(sum(p.micros) FILTER (WHERE a.name LIKE 'creator:%'), 0) AS credits,
                       coalesce(-sum(p.micros) FILTER (WHERE a.name = 'publisher:' || p.publisher), 0) AS debit,
                       coalesce(-sum(p.micros) FILTER (WHERE a.name LIKE 'publisher:%' AND a.name <> 'publisher:' || p.publisher), 0) AS others
                FROM posted p JOIN account a USING (account_id)
                GROUP BY p.publisher
            )
            SELECT * FROM paid WHERE credits <> debit OR others <> 0 ORDER BY publisher
            """;

    private final Snapshot ledger;
    private final Consumer<Difference> found;

    AccountCheck(Snapshot ledger, Consumer<Difference> found) {
        this.ledger = ledger;
        this.found = found;
    }

    /**
     * @param pending what a creator has earned and not been paid yet
     */
    void creators(ToLongFunction<String> pending) {
        try (Snapshot.Rows<Creator> rows = ledger.rows(CREATORS, Creator::row)) {
            while (rows.hasNext()) {
                Creator creator = rows.take();
                found.accept(creator.difference(pending.applyAsLong(creator.name())));
            }
        }
    }

    /**
     * A creator of whom something differs.
     *
     * @param publishers those whose readers' money differs from what was earned
     * @param wrong rows of the archive whose micros are not units × rate
     */
    private record Creator(
            String name,
            String settled,
            String balance,
            String recomputed,
            String archived,
            long wrong,
            List<String> publishers) {
        static Creator row(ResultSet row, int number) throws SQLException {
            return new Creator(
                    row.getString("creator"),
                    row.getString("settled"),
                    row.getString("balance"),
                    row.getString("recomputed"),
                    row.getString("archived"),
                    row.getLong("wrong"),
                    texts(row.getArray("publishers")));
        }

        private static List<String> texts(@Nullable Array array) throws SQLException {
            return array == null ? List.of() : List.of((String[]) array.getArray());
        }

        Difference difference(long pending) {
            List<String> what = new ArrayList<>();
            if (!settled.equals(balance)) {
                what.add("the balance is not the sum of its postings");
            }
            if (!publishers.isEmpty()) {
                what.add("postings are not units × rates, of " + String.join(", ", publishers));
            }
            if (wrong > 0) {
                what.add("archived micros are not units × rate in %d rows".formatted(wrong));
            }
            return Difference.of("creator", name, String.join("; ", what))
                    .with("settled", new BigInteger(settled))
                    .with("balance", new BigInteger(balance))
                    .with("recomputed", new BigInteger(recomputed))
                    .with("archived", new BigInteger(archived))
                    .with("pending", pending);
        }
    }

    /** Balances of publishers and of the ledger's own accounts. */
    void otherBalances() {
        try (Snapshot.Rows<Difference> rows = ledger.rows(OTHERS, (row, n) -> {
            String name = row.getString("name");
            return Difference.of(
                            "account",
                            name == null ? "number " + row.getLong("account_id") : name,
                            name == null ? "does not exist" : "the balance is not the sum of its postings")
                    .with("settled", new BigInteger(row.getString("settled")))
                    .with("balance", new BigInteger(row.getString("balance")));
        })) {
            rows.forEach(found);
        }
    }

    /** Each publisher owes what its readers earned the creators. */
    void publishers() {
        ledger.jdbc()
                .sql(PUBLISHERS)
                .query((row, n) -> Difference.of(
                                "publisher",
                                row.getString("publisher"),
                                "its debit is not the sum of the credits it pays for")
                        .with("credits", new BigInteger(row.getString("credits")))
                        .with("debit", new BigInteger(row.getString("debit")))
                        .with("bookedToOthers", new BigInteger(row.getString("others"))))
                .list()
                .forEach(found);
    }
}
