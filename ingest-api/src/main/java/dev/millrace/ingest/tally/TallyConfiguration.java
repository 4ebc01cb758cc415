package dev.millrace.ingest.tally;

import com.google.common.base.Ticker;
import dev.millrace.common.key.IdentityKey;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisSettings;
import dev.millrace.counters.TallyScript;
import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.budget.Budgets;
import dev.millrace.ingest.budget.NameLimits;
import dev.millrace.ingest.catalog.CatalogFollower;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Wires the connection to Redis, the catalogue, the index and the tally; their health is part of readiness. */
@Configuration(proxyBeanMethods = false)
public class TallyConfiguration {
    /** A token's identity is remembered for longer than it lives, by the tolerance on both sides. */
    private static final Duration SLACK = Duration.ofMinutes(2);

    @Bean
    RedisConnections redisConnections(IngestSettings settings, Ticker ticker) {
        RedisConnections redis = new RedisConnections(
                new RedisSettings(settings.redisUrl(), settings.redisPatience(), settings.tallyTimeout()), ticker);
        redis.watch(settings.catalogPoll());
        return redis;
    }

    @Bean
    IdentityKey identityKey(IngestSettings settings, Environment environment) {
        return settings.identitySecret(environment.matchesProfiles("local"));
    }

    @Bean
    CatalogFollower catalogFollower(
            RedisConnections redis,
            IngestSettings settings,
            Environment environment,
            MeterRegistry registry,
            Ticker ticker) {
        CatalogFollower catalog = new CatalogFollower(
                redis, settings.secrets(environment.matchesProfiles("local")), ticker, settings.redisPatience());
        Gauge.builder("millrace.catalog.age", catalog, CatalogFollower::ageSeconds)
                .description("Age of what this node knows of the catalogue")
                .baseUnit("seconds")
                .register(registry);
        catalog.follow(settings.catalogPoll());
        return catalog;
    }

    @Bean
    Budgets budgets(
            RedisConnections redis,
            CatalogFollower catalog,
            IngestSettings settings,
            MeterRegistry registry,
            Ticker ticker) {
        Budgets budgets = new Budgets(redis, catalog, ticker, settings.redisPatience(), registry);
        budgets.follow(settings.catalogPoll());
        return budgets;
    }

    @Bean
    NameLimits nameLimits(RedisConnections redis, Ticker ticker) {
        return new NameLimits(redis, ticker);
    }

    @Bean
    TallyMetrics tallyMetrics(MeterRegistry registry) {
        return new TallyMetrics(registry);
    }

    @Bean
    LogFollower logFollower(
            RedisConnections redis,
            IdentityKey identityKey,
            IngestSettings settings,
            TallyMetrics metrics,
            MeterRegistry registry,
            Ticker ticker) {
        LogFollower follower = new LogFollower(
                redis,
                ticker,
                new LogFollower.Rules(
                        identityKey.fingerprint(),
                        settings.tokenLifetime().plus(SLACK),
                        settings.clockLeap(),
                        settings.indexMemory().toBytes()),
                metrics);
        metrics.follow(follower, settings.indexMemory().toBytes(), registry);
        follower.follow(settings.catalogPoll());
        return follower;
    }

    @Bean
    Tally tally(
            RedisConnections redis,
            LogFollower follower,
            IdentityKey identityKey,
            IngestSettings settings,
            TallyMetrics metrics) {
        TallyScript script = new TallyScript(
                identityKey.fingerprint(),
                settings.clockLeap(),
                settings.redisAckReplicas(),
                settings.tallyTimeout().dividedBy(2));
        return new Tally(redis, follower, script, settings.redisAckReplicas() > 0, settings.tallyTimeout(), metrics);
    }

    @Bean
    HealthIndicator countersHealthIndicator(RedisConnections redis, CatalogFollower catalog, LogFollower follower) {
        return () -> {
            String trouble = !redis.isUsable()
                    ? "Redis: " + redis.trouble()
                    : !follower.trouble().isEmpty() ? follower.trouble() : catalog.trouble();
            boolean up = trouble.isEmpty() && catalog.inForce().isPresent();
            return (up ? Health.up() : Health.down())
                    .withDetail("partitionsOpen", follower.openPartitions())
                    .withDetail(
                            "catalogRevision",
                            catalog.inForce().map(c -> c.revision()).orElse(-1L))
                    .withDetail("trouble", trouble)
                    .build();
        };
    }
}
