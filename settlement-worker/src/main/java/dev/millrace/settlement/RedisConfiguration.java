package dev.millrace.settlement;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.resource.Delay;
import java.time.Duration;
import org.springframework.boot.data.redis.autoconfigure.ClientResourcesBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** How the worker's connection to Redis fails and comes back. */
@Configuration(proxyBeanMethods = false)
class RedisConfiguration {
    private static final Duration RECONNECT = Duration.ofMillis(500);

    /** A command fails at once where there is no connection; the run is rolled back and done again. */
    @Bean
    LettuceClientOptionsBuilderCustomizer failFast() {
        return options -> options.disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .timeoutOptions(TimeoutOptions.enabled());
    }

    /** Lettuce would wait longer and longer, up to half a minute; ingest nodes wait for this worker's confirmation. */
    @Bean
    ClientResourcesBuilderCustomizer promptReconnect() {
        return resources -> resources.reconnectDelay(Delay.constant(RECONNECT));
    }
}
