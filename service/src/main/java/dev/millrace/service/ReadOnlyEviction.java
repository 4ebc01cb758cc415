package dev.millrace.service;

import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.SQLException;

/**
 * Drops a connection whose server refuses to write: after a failover it leads to a replica. The next one is made only to a primary
 * ({@code targetServerType} in application.yml).
 */
public final class ReadOnlyEviction implements SQLExceptionOverride {
    /** SQLSTATE read_only_sql_transaction. */
    public static final String READ_ONLY = "25006";

    @java.lang.Override
    public Override adjudicate(SQLException e) {
        return READ_ONLY.equals(e.getSQLState()) ? Override.MUST_EVICT : Override.CONTINUE_EVICT;
    }
}
