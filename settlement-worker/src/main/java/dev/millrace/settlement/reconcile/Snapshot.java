package dev.millrace.settlement.reconcile;

import dev.millrace.books.Cursors;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * The ledger as it stood at one moment, however long it is read: one read-only transaction at REPEATABLE READ. Rows come a
 * few thousand at a time, so that no result has to fit into the memory.
 */
final class Snapshot implements AutoCloseable {
    private static final int ROWS_AT_A_TIME = 2_000;

    private final Connection connection;
    private final JdbcClient jdbc;

    private Snapshot(Connection connection) {
        this.connection = connection;
        JdbcTemplate template = new JdbcTemplate(new SingleConnectionDataSource(connection, true));
        template.setFetchSize(ROWS_AT_A_TIME);
        this.jdbc = JdbcClient.create(template);
    }

    /** The moment is that of the first question. */
    static Snapshot open(DataSource ledger) {
        try {
            Connection connection = ledger.getConnection();
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            connection.setReadOnly(true);
            return new Snapshot(connection);
        } catch (SQLException e) {
            throw new DataAccessResourceFailureException(String.valueOf(e.getMessage()), e);
        }
    }

    JdbcClient jdbc() {
        return jdbc;
    }

    Cursors cursors() {
        return new Cursors(jdbc);
    }

    /** Rows of a query, one after the other. */
    <T> Rows<T> rows(String sql, Map<String, ?> parameters, RowMapper<T> mapper) {
        return new Rows<>(jdbc.sql(sql).params(parameters).query(mapper).stream());
    }

    <T> Rows<T> rows(String sql, RowMapper<T> mapper) {
        return rows(sql, Map.of(), mapper);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new DataAccessResourceFailureException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Rows of one query, of which the next can be looked at before it is taken: what merging sorted streams needs. */
    static final class Rows<T> implements AutoCloseable {
        private final Stream<T> stream;
        private final Iterator<T> iterator;
        private @Nullable T next;

        private Rows(Stream<T> stream) {
            this.stream = stream;
            this.iterator = stream.iterator();
            advance();
        }

        /** Whether there is a next row and it is like this. */
        boolean nextIs(Predicate<T> like) {
            return next != null && like.test(next);
        }

        boolean hasNext() {
            return next != null;
        }

        T take() {
            T taken = next;
            if (taken == null) {
                throw new NoSuchElementException("the rows are at their end");
            }
            advance();
            return taken;
        }

        /** Takes all that are left. */
        void forEach(Consumer<T> taker) {
            while (hasNext()) {
                taker.accept(take());
            }
        }

        private void advance() {
            next = iterator.hasNext() ? iterator.next() : null;
        }

        @Override
        public void close() {
            stream.close();
        }
    }
}
