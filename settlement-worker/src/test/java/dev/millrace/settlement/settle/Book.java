package dev.millrace.settlement.settle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.local.server.Databases;
import dev.millrace.local.testing.RealServers;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** The ledger as its owner reads it, over one connection, and what must always be true of it. */
public final class Book implements AutoCloseable {
    private final SingleConnectionDataSource connection;
    private final JdbcClient sql;

    public Book(String databaseUrl, String password) {
        connection = new SingleConnectionDataSource(databaseUrl, Databases.OWNER, password, true);
        sql = JdbcClient.create(connection);
    }

    public Book(String databaseUrl) {
        this(databaseUrl, RealServers.databases().password());
    }

    public JdbcClient sql() {
        return sql;
    }

    /** Micros of an account; 0 where there is none. */
    public long balance(String account) {
        return sql.sql("SELECT micros FROM balance JOIN account USING (account_id) WHERE name = :name")
                .param("name", account)
                .query(Long.class)
                .optional()
                .orElse(0L);
    }

    /** Entries sum to zero, balances are what entries sum to, cursors, notes, engagement and scores tell of the same micros, the chain holds. */
    public void assertSound() {
        assertThat(single("SELECT coalesce(sum(micros), 0) FROM posting")).isZero();
        assertThat(
                        single(
                                "SELECT count(*) FROM (SELECT sum(micros) FROM posting GROUP BY journal_id HAVING sum(micros) <> 0) j"))
                .isZero();
        assertThat(single("""
                SELECT count(*) FROM (SELECT account_id, sum(micros) AS micros FROM posting GROUP BY account_id) p
                FULL JOIN balance b USING (account_id) WHERE p.micros IS DISTINCT FROM b.micros
                """)).isZero();
        long credited = single(
                "SELECT coalesce(sum(micros), 0) FROM posting JOIN account USING (account_id) WHERE name LIKE 'creator:%'");
        assertThat(
                        List.of(
                                single("SELECT sum(settled_micros) FROM partition_cursor"),
                                single("SELECT coalesce(sum(micros), 0) FROM settled_epoch"),
                                single("SELECT coalesce(sum(micros), 0) FROM engagement"),
                                single("SELECT coalesce(sum(micros), 0) FROM article_score"),
                                single(
                                        "SELECT coalesce(sum(e.units * r.micros), 0) FROM engagement e JOIN rate r ON r.version = e.rate_version AND r.type = e.type")))
                .containsOnly(credited);
        assertThatTheChainHolds();
    }

    /** Computes every link again from the stored rows. */
    private void assertThatTheChainHolds() {
        assertThat(sql.sql("""
                SELECT journal_id FROM (
                    SELECT journal_id, hash IS NOT DISTINCT FROM journal_hash(
                        lag(hash, 1, decode(repeat('00', 32), 'hex')) OVER (ORDER BY journal_id),
                        (SELECT merkle_root(p.line, posting_leaf(j.salt, p.line, posting_text(p.line, a.name, p.publisher, p.micros)) ORDER BY p.line)
                         FROM posting p JOIN account a USING (account_id)
                         WHERE p.created_at = j.created_at AND p.journal_id = j.journal_id),
                        journal_text(journal_id, created_at, kind, events, reason)) AS holds
                    FROM journal j) links
                WHERE NOT holds
                """).query(Long.class).list())
                .as("journals whose hash is not theirs")
                .isEmpty();
        assertThat(single("""
                SELECT count(*) FROM chain_head h
                WHERE h.hash IS DISTINCT FROM coalesce((SELECT hash FROM journal ORDER BY journal_id DESC LIMIT 1), decode(repeat('00', 32), 'hex'))
                """)).isZero();
    }

    @Override
    public void close() {
        connection.close();
    }

    private long single(String query) {
        return sql.sql(query).query(Long.class).single();
    }
}
