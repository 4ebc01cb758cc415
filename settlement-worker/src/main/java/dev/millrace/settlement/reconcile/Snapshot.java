package dev.millrace.settlement.reconcile;

import com.google.common.collect.Iterators;
import com.google.common.collect.PeekingIterator;
import dev.millrace.books.Cursors;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.sql.DataSource;
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

    /** Hands on the rows of a query, one after the other. */
    <T> void forEach(String sql, RowMapper<T> mapper, Consumer<? super T> taker) {
        forEach(sql, mapper, Map.of(), taker);
    }

    private <T> void forEach(String sql, RowMapper<T> mapper, Map<String, ?> parameters, Consumer<? super T> taker) {
        try (Stream<T> rows = jdbc.sql(sql).params(parameters).query(mapper).stream()) {
            rows.forEach(taker);
        }
    }

    /**
     * Merges two queries whose rows are sorted: hands on each row of the first, with the rows of the second that are left.
     *
     * @param parameters of both queries
     */
    <T, U> void merge(
            String sql,
            RowMapper<T> mapper,
            String other,
            RowMapper<U> otherMapper,
            Map<String, ?> parameters,
            BiConsumer<T, PeekingIterator<U>> merger) {
        try (Stream<U> rows = jdbc.sql(other).params(parameters).query(otherMapper).stream()) {
            PeekingIterator<U> left = Iterators.peekingIterator(rows.iterator());
            forEach(sql, mapper, parameters, row -> merger.accept(row, left));
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new DataAccessResourceFailureException(String.valueOf(e.getMessage()), e);
        }
    }
}
