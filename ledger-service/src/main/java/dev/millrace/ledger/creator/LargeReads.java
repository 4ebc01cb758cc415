package dev.millrace.ledger.creator;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Reads of statements, engagement and spend, apart from everything else. They have connections of their own, with more time for a statement than a
 * balance gets, and one subject has few at a time. So a creator with very many articles makes nobody else wait. No bean of the type
 * {@code DataSource}: readiness does not depend on it. Thread-safe.
 */
public final class LargeReads implements AutoCloseable {
    /** Enough for a page that shows statement and engagement side by side. */
    private static final int OF_A_SUBJECT = 2;

    private static final int OF_ALL = 6;

    /** Longest wait for other subjects' reads. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** Engagement of 300,000 articles takes half a second of a core, and twice that where all have filtered units and visits too. */
    private static final int STATEMENT_SECONDS = 10;

    /** The driver's own limit is so much higher: it gives up only where the database does not answer. */
    private static final int DRIVER_MARGIN_SECONDS = 2;

    private final SubjectLimit limit = new SubjectLimit("large reads", OF_A_SUBJECT, OF_ALL, PATIENCE);
    private final HikariDataSource connections;
    private final TransactionTemplate snapshot;

    /** @param balances whose connections these are like */
    LargeReads(HikariDataSource balances) {
        connections = pool(balances, "large-reads", STATEMENT_SECONDS, OF_ALL);
        snapshot = new TransactionTemplate(new JdbcTransactionManager(connections));
        snapshot.setIsolationLevel(TransactionDefinition.ISOLATION_REPEATABLE_READ);
        snapshot.setReadOnly(true);
    }

    /**
     * Connections like these, with another limit for a statement; none is kept idle. It copies setting by setting, as Hikari's own copy shares the
     * driver's properties: the limit would become that of the other pool too.
     */
    public static HikariDataSource pool(HikariDataSource like, String name, int statementSeconds, int most) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(like.getJdbcUrl());
        config.setUsername(like.getUsername());
        config.setPassword(like.getPassword());
        config.setTransactionIsolation(like.getTransactionIsolation());
        config.setExceptionOverrideClassName(like.getExceptionOverrideClassName());
        config.setConnectionTimeout(like.getConnectionTimeout());
        config.setValidationTimeout(like.getValidationTimeout());
        config.setMaxLifetime(like.getMaxLifetime());
        config.setInitializationFailTimeout(like.getInitializationFailTimeout());
        like.getDataSourceProperties().forEach((key, value) -> config.addDataSourceProperty((String) key, value));
        config.addDataSourceProperty("options", "-c statement_timeout=%ds".formatted(statementSeconds));
        config.addDataSourceProperty("socketTimeout", Integer.toString(statementSeconds + DRIVER_MARGIN_SECONDS));
        config.setPoolName(name);
        config.setMaximumPoolSize(most);
        config.setMinimumIdle(0);
        return new HikariDataSource(config);
    }

    /** For {@link #read} alone. */
    public JdbcClient jdbc() {
        return JdbcClient.create(connections);
    }

    /**
     * Reads when it is the caller's turn.
     *
     * @throws dev.millrace.service.problem.ProblemException as {@link SubjectLimit#take} says
     */
    public <T> T read(Jwt caller, Supplier<T> query) {
        try (var _ = limit.take(caller)) {
            return query.get();
        }
    }

    /** As {@link #read}. All statements of the query see one snapshot. */
    public <T> T readSnapshot(Jwt caller, Supplier<T> query) {
        return read(caller, () -> Objects.requireNonNull(snapshot.execute(_ -> query.get())));
    }

    @Override
    public void close() {
        connections.close();
    }
}
