package dev.millrace.ledger;

import com.google.common.base.Ticker;
import dev.millrace.counters.RedisConnections;
import dev.millrace.ledger.access.AccessConfiguration;
import dev.millrace.ledger.act.ActConfiguration;
import dev.millrace.ledger.balance.BalanceConfiguration;
import dev.millrace.ledger.catalog.CatalogConfiguration;
import dev.millrace.ledger.changes.ChangesEndpoint;
import dev.millrace.ledger.creator.LargeReads;
import dev.millrace.ledger.creator.WholeNumbers;
import dev.millrace.ledger.database.Migration;
import dev.millrace.ledger.database.SchemaCheck;
import dev.millrace.ledger.engagement.EngagementEndpoint;
import dev.millrace.ledger.money.MoneyConfiguration;
import dev.millrace.ledger.openapi.OpenApiConfiguration;
import dev.millrace.ledger.problem.LedgerProblems;
import dev.millrace.ledger.settings.LedgerSettings;
import dev.millrace.ledger.settings.SettingsConfiguration;
import dev.millrace.ledger.spend.PublisherBalanceEndpoint;
import dev.millrace.ledger.spend.PublisherStatementEndpoint;
import dev.millrace.ledger.spend.SpendEndpoint;
import dev.millrace.ledger.statement.StatementEndpoint;
import dev.millrace.ledger.verdict.VerdictsEndpoint;
import dev.millrace.service.ServerConfiguration;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.jackson.autoconfigure.JsonMapperBuilderCustomizer;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.type.LogicalType;

/**
 * The ledger's service. A request's way through it:
 *
 * <pre>
 *   bearer token ──> access ──┬──> balance     cursor (Postgres) → counters (Redis) → balance and cursor (Postgres)
 *                             ├──> statement   postings, newest first
 *                             ├──> engagement  units and micros by article
 *                             ├──> spend       what a publisher has paid, live and by month
 *                             ├──> verdict     what became of a publisher's events
 *                             ├──> changes     articles in the order of journals
 *                             ├──> money       corrections, payouts, holds ──> act: one transaction, one row of the audit trail
 *                             └──> catalog     publishers, keys, rate cards ──(signed)──> Redis ──> ingest-api
 *   whatever goes wrong ───────> problem
 * </pre>
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({
    ServerConfiguration.class,
    SettingsConfiguration.class,
    AccessConfiguration.class,
    LedgerProblems.class,
    SchemaCheck.class,
    BalanceConfiguration.class,
    WholeNumbers.class,
    LargeReads.class,
    StatementEndpoint.class,
    EngagementEndpoint.class,
    SpendEndpoint.class,
    PublisherBalanceEndpoint.class,
    PublisherStatementEndpoint.class,
    VerdictsEndpoint.class,
    ChangesEndpoint.class,
    ActConfiguration.class,
    MoneyConfiguration.class,
    CatalogConfiguration.class,
    OpenApiConfiguration.class
})
public class LedgerService {
    /** Between two looks at Redis. */
    private static final Duration PAUSE = Duration.ofMillis(500);

    /** With {@code migrate} as the first argument it is that command instead, and ends with its exit code. */
    public static void main(String[] args) {
        if (args.length > 0 && args[0].equals(Migration.COMMAND)) {
            LoggingSystem.get(LedgerService.class.getClassLoader()).beforeInitialize(); // Nothing is logged.
            System.exit(Migration.run(List.of(args).subList(1, args.length), System.getenv(), System.out, System.err));
        }
        SpringApplication.run(LedgerService.class, args);
    }

    @Bean
    Clock clock() {
        return Clock.systemUTC();
    }

    /** A number or a truth value is no text: {@code 007} and {@code "007"} are different references. */
    @Bean
    JsonMapperBuilderCustomizer textIsText() {
        return mapper -> mapper.withCoercionConfig(LogicalType.Textual, text -> {
            for (CoercionInputShape shape :
                    List.of(CoercionInputShape.Integer, CoercionInputShape.Float, CoercionInputShape.Boolean)) {
                text.setCoercion(shape, CoercionAction.Fail);
            }
        });
    }

    @Bean
    RedisConnections redis(LedgerSettings settings, Ticker ticker) {
        RedisConnections redis = settings.connections(ticker);
        redis.look(); // so that the first request finds it
        redis.watch(PAUSE);
        return redis;
    }

    @Bean
    HealthIndicator redisHealthIndicator(RedisConnections redis) {
        return () -> redis.isUsable()
                ? Health.up().build()
                : Health.down().withDetail("trouble", redis.trouble()).build();
    }
}
