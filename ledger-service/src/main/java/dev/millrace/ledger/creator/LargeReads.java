package dev.millrace.ledger.creator;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.time.Duration;
import java.util.Properties;
import java.util.function.Supplier;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.oauth2.jwt.Jwt;

/**
 * Reads of statement and engagement, apart from everything else. They have connections of their own, with more time for a statement than a
 * balance gets, and one subject has few at a time. So a creator with very many articles makes nobody else wait. No bean of the type
 * {@code DataSource}: readiness does not depend on it. Thread-safe.
 */
public final class LargeReads implements AutoCloseable {
    /** Enough for a page that shows statement and engagement side by side. */
    private static final int OF_A_SUBJECT = 2;

    private static final int OF_ALL = 6;

    /** Longest wait for other subjects' reads. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** Engagement of 300,000 articles takes half a second of a core. The other numbers are those of the driver, a margin later. */
    private static final String STATEMENT_TIMEOUT = "-c statement_timeout=10s";

    private static final String SOCKET_TIMEOUT_SECONDS = "12";

    private final SubjectLimit limit =
            new SubjectLimit("reads of statement or engagement", OF_A_SUBJECT, OF_ALL, PATIENCE);
    private final HikariDataSource connections;

    /** @param balances whose connections these are like */
    LargeReads(HikariDataSource balances) {
        HikariConfig config = new HikariConfig();
        balances.copyStateTo(config);
        Properties driver = new Properties();
        driver.putAll(balances.getDataSourceProperties());
        driver.setProperty("options", STATEMENT_TIMEOUT);
        driver.setProperty("socketTimeout", SOCKET_TIMEOUT_SECONDS);
        config.setDataSourceProperties(driver);
        config.setPoolName("large-reads");
        config.setMaximumPoolSize(OF_ALL);
        config.setMinimumIdle(0);
        connections = new HikariDataSource(config);
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

    @Override
    public void close() {
        connections.close();
    }
}
