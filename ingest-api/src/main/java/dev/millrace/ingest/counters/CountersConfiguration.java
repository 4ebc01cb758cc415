package dev.millrace.ingest.counters;

import com.google.common.base.Ticker;
import dev.millrace.ingest.IngestSettings;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Wires the connection to Redis, its health (part of readiness) and its metrics. */
@Configuration(proxyBeanMethods = false)
public class CountersConfiguration {

    @Bean
    Counters counters(IngestSettings settings, MeterRegistry registry) {
        Counters counters = new Counters(
                settings.redisUrl(),
                Ticker.systemTicker(),
                settings.redisPatience(),
                settings.tallyTimeout(),
                settings.clockLeap());
        Gauge.builder("millrace.catalog.age", counters, Counters::ageSeconds)
                .description("Age of what this node knows of Redis and the catalogue")
                .baseUnit("seconds")
                .register(registry);
        Gauge.builder("millrace.partitions.open", counters, Counters::openPartitions)
                .description("Partitions with an open epoch; 16 is healthy")
                .register(registry);
        counters.watch(settings.catalogPoll());
        return counters;
    }

    @Bean
    HealthIndicator countersHealthIndicator(Counters counters) {
        return () -> counters.observed()
                .map(o -> Health.up()
                        .withDetail("partitionsOpen", o.openPartitions())
                        .withDetail("catalogRevision", o.catalog().revision()))
                .orElseGet(
                        () -> Health.down()
                                .withDetail(
                                        "reason",
                                        "Redis does not answer, holds no catalogue, or its clock can't be believed; the log says which"))
                .build();
    }
}
