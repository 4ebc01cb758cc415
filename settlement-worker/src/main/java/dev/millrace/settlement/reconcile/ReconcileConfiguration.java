package dev.millrace.settlement.reconcile;

import com.google.common.base.Ticker;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisSettings;
import dev.millrace.settlement.SettlementSettings;
import java.time.Duration;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.context.PropertyPlaceholderAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Wires the command: the worker's settings, and nothing of the worker that runs by itself.
 *
 * <p>Its connections are its own: the worker's are cut off after seconds, and reading a year takes longer.
 */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration(PropertyPlaceholderAutoConfiguration.class)
@EnableConfigurationProperties({DataSourceProperties.class, SettlementSettings.class})
class ReconcileConfiguration {
    /** The worker gives up after less: it has to be elsewhere. */
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private static final Duration LOOK = Duration.ofMillis(500);

    /** Nobody waits for the reader; it may think for as long as it takes. */
    private static final String UNHURRIED =
            "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c lock_timeout=30s";

    /** A booking holds the head of the chain, and every settlement waits for it. So Postgres ends the session of a frozen command. */
    private static final String PROMPT =
            "-c statement_timeout=0 -c idle_in_transaction_session_timeout=30s -c lock_timeout=30s";

    @Bean
    RedisConnections redisConnections(SettlementSettings settings) {
        RedisConnections redis = new RedisConnections(
                new RedisSettings(settings.redisUrl(), settings.redisPatience(), TIMEOUT), Ticker.systemTicker());
        redis.look();
        redis.watch(LOOK);
        return redis;
    }

    /** @param reader the login that reads the ledger; empty: the worker's own */
    @Bean
    Reconciliation reconciliation(
            RedisConnections redis,
            DataSourceProperties worker,
            @Value("${millrace.reconcile.reader:}") String reader,
            @Value("${millrace.reconcile.reader-password:}") String password) {
        return new Reconciliation(
                redis,
                reader.isEmpty()
                        ? connections(worker, worker.getUsername(), worker.getPassword(), UNHURRIED)
                        : connections(worker, reader, password, UNHURRIED));
    }

    @Bean
    Decisions decisions(RedisConnections redis, DataSourceProperties worker) {
        return new Decisions(redis, booking(worker));
    }

    /** Connections for bookings. */
    static DataSource booking(DataSourceProperties worker) {
        return connections(worker, worker.getUsername(), worker.getPassword(), PROMPT);
    }

    private static DataSource connections(
            DataSourceProperties worker, @Nullable String user, @Nullable String password, String options) {
        PGSimpleDataSource connections = new PGSimpleDataSource();
        connections.setUrl(String.valueOf(worker.getUrl()));
        connections.setUser(user);
        connections.setPassword(password);
        connections.setApplicationName("reconcile");
        connections.setConnectTimeout(3);
        connections.setTcpKeepAlive(true);
        connections.setOptions(options);
        return connections;
    }
}
