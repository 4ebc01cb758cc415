package dev.millrace.ledger.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.resource.Delay;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.time.Duration;
import org.springframework.boot.data.redis.autoconfigure.ClientResourcesBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;

/** Wires this station. */
@Configuration(proxyBeanMethods = false)
public class RedisConfiguration {
    private static final Duration RECONNECT = Duration.ofMillis(500);

    /** A command never waits for a connection to come back: it fails at once, and the caller tries again. */
    @Bean
    LettuceClientOptionsBuilderCustomizer failFast() {
        return options -> options.disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .replayFilter(
                        command -> true) // what was under way when the connection broke fails, and is not sent again
                .timeoutOptions(TimeoutOptions.enabled())
                .socketOptions(SocketOptions.builder()
                        .connectTimeout(RedisLine.PATIENCE)
                        .keepAlive(true)
                        .build());
    }

    /** Lettuce would wait longer and longer, up to half a minute; balances should be back a second after Redis is. */
    @Bean
    ClientResourcesBuilderCustomizer promptReconnect() {
        return resources -> resources.reconnectDelay(Delay.constant(RECONNECT));
    }

    /** The commands of a reading share writes to the socket. */
    @Bean
    ClientResourcesBuilderCustomizer flushTogether() {
        return resources -> resources.nettyCustomizer(new NettyCustomizer() {
            @Override
            public void afterChannelInitialized(Channel channel) {
                channel.pipeline()
                        .addFirst(new FlushConsolidationHandler(
                                FlushConsolidationHandler.DEFAULT_EXPLICIT_FLUSH_AFTER_FLUSHES, true));
            }
        });
    }

    @Bean
    public RedisLine redisLine(RedisConnectionFactory factory) {
        return new RedisLine(factory);
    }
}
