package dev.millrace.settlement.watch;

import dev.millrace.settlement.SettlementSettings;
import dev.millrace.settlement.cursor.Cursors;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** Wires the watch. */
@Configuration(proxyBeanMethods = false)
public class WatchConfiguration {

    @Bean
    Watch watch(
            StringRedisTemplate redis,
            Cursors cursors,
            TransactionTemplate transaction,
            SettlementSettings settings,
            MeterRegistry registry) {
        return new Watch(redis, cursors, transaction, settings, new WatchMeters(registry));
    }
}
