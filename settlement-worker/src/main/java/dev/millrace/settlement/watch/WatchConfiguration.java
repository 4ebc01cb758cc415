package dev.millrace.settlement.watch;

import com.google.common.base.Ticker;
import dev.millrace.books.Cursors;
import dev.millrace.books.FrozenSessions;
import dev.millrace.counters.RedisConnections;
import dev.millrace.settlement.SettlementSettings;
import dev.millrace.settlement.crash.CrashPoints;
import dev.millrace.settlement.seal.RedisDurability;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** Wires the watch. */
@Configuration(proxyBeanMethods = false)
public class WatchConfiguration {

    @Bean
    Watch watch(
            JdbcClient jdbc,
            RedisConnections redis,
            Cursors cursors,
            TransactionTemplate transaction,
            SettlementSettings settings,
            MeterRegistry registry,
            RedisDurability durability,
            Ticker ticker,
            ObjectProvider<CrashPoints> crashPoints) {
        return new Watch(
                redis,
                cursors,
                transaction,
                settings,
                new WatchMeters(registry, ticker),
                durability,
                new FrozenSessions(jdbc, settings.mostIdle()),
                ticker,
                crashPoints.getIfAvailable(() -> CrashPoints.NONE));
    }
}
