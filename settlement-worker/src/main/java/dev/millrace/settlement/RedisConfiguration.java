package dev.millrace.settlement;

import dev.millrace.settlement.seal.RedisDurability;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.resource.Delay;
import java.time.Duration;
import org.springframework.boot.data.redis.autoconfigure.ClientResourcesBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.core.StringRedisTemplate;

/** How the worker's connection to Redis fails and comes back. */
@Configuration(proxyBeanMethods = false)
class RedisConfiguration {
    private static final Duration RECONNECT = Duration.ofMillis(500);

    /**
     * A command fails at once where there is no connection, and what was under way when it broke fails too: Lettuce would
     * send it again behind our back, to a process that may be another one. The run is rolled back and done again.
     */
    @Bean
    LettuceClientOptionsBuilderCustomizer failFast() {
        return options -> options.disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .replayFilter(command -> true) // true: not sent again
                .timeoutOptions(TimeoutOptions.enabled());
    }

    /** Lettuce would wait longer and longer, up to half a minute; ingest nodes wait for this worker's confirmation. */
    @Bean
    ClientResourcesBuilderCustomizer promptReconnect() {
        return resources -> resources.reconnectDelay(Delay.constant(RECONNECT));
    }

    @Bean
    RedisDurability redisDurability(StringRedisTemplate redis, SettlementSettings settings) {
        return new RedisDurability(redis, settings.requireDurableRedis());
    }
}
