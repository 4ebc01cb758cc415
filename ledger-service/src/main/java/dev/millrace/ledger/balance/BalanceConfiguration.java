package dev.millrace.ledger.balance;

import dev.millrace.ledger.redis.RedisLine;
import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Wires this station. */
@Configuration(proxyBeanMethods = false)
@Import(BalanceEndpoint.class)
public class BalanceConfiguration {

    @Bean
    LiveBalance liveBalance(JdbcClient jdbc, RedisLine redis, Clock clock) {
        return new LiveBalance(new SettledLedger(jdbc), new PendingCounters(redis), clock);
    }

    @Bean
    KnownCreators knownCreators(LiveBalance balances, JdbcClient jdbc) {
        return new KnownCreators(balances, jdbc);
    }
}
