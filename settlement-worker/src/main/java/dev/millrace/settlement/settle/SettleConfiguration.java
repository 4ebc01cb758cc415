package dev.millrace.settlement.settle;

import dev.millrace.books.Cursors;
import dev.millrace.books.Months;
import dev.millrace.counters.RedisConnections;
import dev.millrace.settlement.SettlementSettings;
import dev.millrace.settlement.crash.CrashPoints;
import dev.millrace.settlement.seal.RedisDurability;
import io.micrometer.core.instrument.MeterRegistry;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** Wires the settlement. */
@Configuration(proxyBeanMethods = false)
@Import(SettleNow.class)
public class SettleConfiguration {

    @Bean
    Cursors cursors(JdbcClient jdbc) {
        return new Cursors(jdbc);
    }

    @Bean
    Months months(JdbcClient jdbc) {
        return new Months(jdbc);
    }

    @Bean
    Settlement settlement(
            DataSource dataSource,
            JdbcClient jdbc,
            TransactionTemplate transaction,
            Cursors cursors,
            RedisConnections redis,
            SettlementSettings settings,
            MeterRegistry registry,
            RedisDurability durability,
            ObjectProvider<CrashPoints> crashPoints) {
        return new Settlement(
                dataSource,
                jdbc,
                transaction,
                cursors,
                redis,
                settings,
                new SettlementMeters(registry),
                durability,
                BatchLimits.USUAL,
                crashPoints.getIfAvailable(() -> CrashPoints.NONE));
    }
}
