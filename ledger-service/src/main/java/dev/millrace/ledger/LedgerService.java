package dev.millrace.ledger;

import dev.millrace.ledger.access.AccessConfiguration;
import dev.millrace.ledger.balance.BalanceConfiguration;
import dev.millrace.ledger.catalog.CatalogConfiguration;
import dev.millrace.ledger.engagement.EngagementConfiguration;
import dev.millrace.ledger.openapi.OpenApiConfiguration;
import dev.millrace.ledger.problem.ProblemConfiguration;
import dev.millrace.ledger.redis.RedisConfiguration;
import dev.millrace.ledger.settings.SettingsConfiguration;
import dev.millrace.ledger.statement.StatementConfiguration;
import java.time.Clock;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/**
 * The ledger's service. A request's way through it:
 *
 * <pre>
 *   bearer token ──> access ──┬──> balance     cursors (Postgres) → counters (Redis) → balance and cursors (Postgres)
 *                             ├──> statement   postings, newest first
 *                             ├──> engagement  units and micros by article
 *                             └──> catalog     publishers, keys, rate cards ──(snapshot)──> Redis ──> ingest-api
 *   a token just seen ───────────> balance     the same, before the framework's filters
 *   whatever goes wrong ───────> problem
 * </pre>
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({
    SettingsConfiguration.class,
    AccessConfiguration.class,
    ProblemConfiguration.class,
    RedisConfiguration.class,
    BalanceConfiguration.class,
    StatementConfiguration.class,
    EngagementConfiguration.class,
    CatalogConfiguration.class,
    OpenApiConfiguration.class
})
public class LedgerService {

    public static void main(String[] args) {
        SpringApplication.run(LedgerService.class, args);
    }

    @Bean
    Clock clock() {
        return Clock.systemUTC();
    }
}
