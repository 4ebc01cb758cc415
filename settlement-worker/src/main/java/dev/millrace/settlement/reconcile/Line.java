package dev.millrace.settlement.reconcile;

import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * A posting as it is stored.
 *
 * @param time of its journal, in microseconds since 1970
 * @param account name of its account; null when there is no such account
 */
record Line(
        long journalId, long time, long accountId, @Nullable String account, String publisher, long micros) {
    /** In the order in which journals are hashed: the chain's, then account and publisher as bytes. */
    static final String QUERY = """
            SELECT p.journal_id, (extract(epoch FROM p.created_at) * 1000000)::bigint AS micros_of_time, p.account_id, a.name,
                   p.publisher, p.micros
            FROM posting p LEFT JOIN account a USING (account_id)
            ORDER BY p.created_at, p.journal_id, a.name, p.publisher
            """;

    static Line row(ResultSet row, int number) throws SQLException {
        return new Line(
                row.getLong("journal_id"),
                row.getLong("micros_of_time"),
                row.getLong("account_id"),
                row.getString("name"),
                row.getString("publisher"),
                row.getLong("micros"));
    }

    boolean isOf(Link link) {
        return journalId == link.journalId() && time == link.time();
    }

    boolean isBefore(Link link) {
        return time < link.time() || (time == link.time() && journalId < link.journalId());
    }

    boolean isOf(String kindOfAccount) {
        return account != null && account.startsWith(kindOfAccount);
    }

    /** The layout is that of posting_line in the schema. */
    byte[] bytes() {
        return (account + "\t" + publisher + "\t" + micros + "\n").getBytes(StandardCharsets.UTF_8);
    }
}
