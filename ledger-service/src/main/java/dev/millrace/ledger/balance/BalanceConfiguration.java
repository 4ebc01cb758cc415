package dev.millrace.ledger.balance;

import dev.millrace.counters.RedisConnections;
import dev.millrace.ledger.access.KnownReaders;
import dev.millrace.ledger.problem.LedgerProblems;
import java.time.Clock;
import org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterProperties;
import org.springframework.boot.web.servlet.DelegatingFilterProxyRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.json.JsonMapper;

/** Wires this station. */
@Configuration(proxyBeanMethods = false)
@Import(BalanceEndpoint.class)
public class BalanceConfiguration {

    @Bean
    LiveBalance liveBalance(JdbcClient jdbc, RedisConnections redis, Clock clock) {
        return new LiveBalance(new SettledLedger(jdbc), redis, clock);
    }

    @Bean
    BalanceShortcut balanceShortcut(
            KnownReaders readers, BalanceEndpoint endpoint, LedgerProblems problems, JsonMapper json) {
        return new BalanceShortcut(readers, endpoint, problems, json);
    }

    /** Behind the filter that observes requests, before those that find out who asks; made by name, not while the server starts. */
    @Bean
    DelegatingFilterProxyRegistrationBean placeOfBalanceShortcut() {
        DelegatingFilterProxyRegistrationBean filter = new DelegatingFilterProxyRegistrationBean("balanceShortcut");
        filter.addUrlPatterns("/v1/creators/*");
        filter.setOrder(SecurityFilterProperties.DEFAULT_FILTER_ORDER - 1);
        return filter;
    }

    @Bean
    KnownCreators knownCreators(LiveBalance balances, JdbcClient jdbc) {
        return new KnownCreators(balances, jdbc);
    }
}
