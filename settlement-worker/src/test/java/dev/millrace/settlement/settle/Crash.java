package dev.millrace.settlement.settle;

import dev.millrace.settlement.crash.CrashPoint;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * What both stores see of a worker that dies when it reaches a point for the first time: its connection breaks off in the
 * middle, and not a word more comes from it.
 */
final class Crash implements Consumer<CrashPoint> {
    private final CrashPoint point;
    private final DataSource dataSource;
    private boolean happened;

    Crash(CrashPoint point, DataSource dataSource) {
        this.point = point;
        this.dataSource = dataSource;
    }

    boolean happened() {
        return happened;
    }

    @Override
    public void accept(CrashPoint reached) {
        if (reached == point && !happened) {
            happened = true;
            breakOff();
            throw new AssertionError("dead since " + point);
        }
    }

    private void breakOff() {
        if (TransactionSynchronizationManager.getResource(dataSource) instanceof ConnectionHolder holder) {
            try {
                Connection connection = holder.getConnection();
                int backend = connection.unwrap(PGConnection.class).getBackendPID();
                connection.unwrap(Connection.class).abort(Runnable::run);
                awaitEnd(backend);
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Postgres needs a moment to see that the worker is gone; until then its locks hold. */
    private void awaitEnd(int backend) throws SQLException {
        try (Connection other = dataSource.getConnection();
                PreparedStatement end = other.prepareStatement("SELECT pg_terminate_backend(?, 60000)")) {
            end.setInt(1, backend);
            end.execute();
        }
    }
}
