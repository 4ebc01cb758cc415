package dev.millrace.ledger.catalog;

import com.google.common.base.Ticker;
import dev.millrace.books.CatalogSnapshots;
import dev.millrace.common.key.MasterKey;
import dev.millrace.counters.RedisConnections;
import dev.millrace.ledger.settings.LedgerSettings;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.transaction.PlatformTransactionManager;

/** Wires this station. */
@Configuration(proxyBeanMethods = false)
@EnableScheduling
@Import({PublisherEndpoint.class, KeyEndpoint.class, RateEndpoint.class})
public class CatalogConfiguration {

    @Bean
    CatalogPublisher catalogPublisher(
            JdbcClient jdbc,
            PlatformTransactionManager transactions,
            RedisConnections redis,
            LedgerSettings settings,
            MeterRegistry metrics,
            Ticker ticker) {
        return new CatalogPublisher(
                new CatalogSnapshots(jdbc, transactions),
                new PublishedCatalog(redis, settings.key(), metrics),
                metrics,
                ticker);
    }

    @Bean
    CatalogChanges catalogChanges(
            JdbcClient jdbc, PlatformTransactionManager transactions, CatalogPublisher publisher) {
        return new CatalogChanges(jdbc, transactions, publisher);
    }

    @Bean
    PublisherRegister publisherRegister(JdbcClient jdbc) {
        return new PublisherRegister(jdbc);
    }

    @Bean
    MasterKey masterKey(LedgerSettings settings) {
        return settings.key();
    }

    @Bean
    RateBook rateBook(JdbcClient jdbc, LedgerSettings settings) {
        return new RateBook(jdbc, settings.redisPatience());
    }
}
