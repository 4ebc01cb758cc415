package dev.millrace.books;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Ends sessions of this login whose worker has fallen asleep in the middle of a statement: while it was sending rows (COPY), or
 * before it had read an answer. They hold locks on cursors, and no time limit of the database applies to them: it waits for
 * the client in the midst of a command, and the client's kernel keeps the connection alive.
 */
public final class FrozenSessions {
    private static final Logger log = LoggerFactory.getLogger(FrozenSessions.class);

    private final JdbcClient jdbc;
    private final Duration patience;

    /**
     * @param patience how long one statement may wait for its client
     */
    public FrozenSessions(JdbcClient jdbc, Duration patience) {
        this.jdbc = jdbc;
        this.patience = patience;
    }

    /** Ends those there are; how many. */
    public int end() {
        int ended = jdbc.sql("""
                SELECT pg_terminate_backend(pid)
                FROM pg_stat_activity
                WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
                  AND state = 'active' AND wait_event IN ('ClientRead', 'ClientWrite')
                  AND query_start < clock_timestamp() - make_interval(secs => :patience)
                """)
                .param("patience", patience.toMillis() / 1_000.0)
                .query(Boolean.class)
                .list()
                .size();
        if (ended > 0) {
            log.warn("{} sessions ended: their workers had not moved in {} s", ended, patience.toSeconds());
        }
        return ended;
    }
}
