package dev.millrace.ledger.catalog;

import dev.millrace.common.key.PublisherKeys;
import dev.millrace.ledger.redis.RedisLine;
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
            JdbcClient jdbc, PlatformTransactionManager transactions, RedisLine redis, MeterRegistry metrics) {
        return new CatalogPublisher(new CatalogSnapshots(jdbc, transactions), redis, metrics);
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
    PublisherKeys publisherKeys(LedgerSettings settings) {
        return new PublisherKeys(settings.key());
    }

    @Bean
    RateBook rateBook(JdbcClient jdbc) {
        return new RateBook(jdbc);
    }
}
