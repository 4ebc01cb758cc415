package dev.millrace.settlement;

import com.google.common.base.Ticker;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisSettings;
import dev.millrace.settlement.seal.RedisDurability;
import java.time.Duration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The worker's connections to Redis. */
@Configuration(proxyBeanMethods = false)
class RedisConfiguration {
    /** Ingest nodes wait for this worker's confirmation of a process that is new. */
    private static final Duration LOOK = Duration.ofMillis(500);

    @Bean
    RedisConnections redisConnections(SettlementSettings settings, Ticker ticker) {
        RedisConnections redis = new RedisConnections(
                new RedisSettings(settings.redisUrl(), settings.redisPatience(), settings.redisTimeout()), ticker);
        redis.look();
        redis.watch(LOOK);
        return redis;
    }

    @Bean
    RedisDurability redisDurability(RedisConnections redis, SettlementSettings settings) {
        return new RedisDurability(redis, settings.requireDurableRedis());
    }

    @Bean
    HealthIndicator redisHealthIndicator(RedisConnections redis) {
        return () -> redis.isUsable()
                ? Health.up().build()
                : Health.down().withDetail("trouble", redis.trouble()).build();
    }
}
