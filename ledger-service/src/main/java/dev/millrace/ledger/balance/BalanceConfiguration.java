package dev.millrace.ledger.balance;

import com.google.common.base.Ticker;
import dev.millrace.books.Balances;
import dev.millrace.counters.RedisConnections;
import dev.millrace.ledger.creator.SubjectLimit;
import dev.millrace.ledger.settings.LedgerSettings;
import io.micrometer.core.instrument.config.MeterFilter;
import java.time.Clock;
import java.time.Duration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Wires this station. */
@Configuration(proxyBeanMethods = false)
@Import({BalanceFollowers.class, BalanceEndpoint.class})
public class BalanceConfiguration {
    private static final int STREAMS_OF_A_SUBJECT = 10;

    @Bean
    LiveBalance liveBalance(
            JdbcClient jdbc, RedisConnections redis, LedgerSettings settings, Clock clock, Ticker ticker) {
        return new LiveBalance(
                new Balances(jdbc, settings.availableAfter()), redis, settings.currency(), clock, ticker);
    }

    @Bean
    SubjectLimit balanceStreams(LedgerSettings settings) {
        return new SubjectLimit("streams", STREAMS_OF_A_SUBJECT, settings.streams(), Duration.ZERO);
    }

    /** A stream lasts for as long as its follower stays, which says nothing about how long requests take. */
    @Bean
    MeterFilter streamsAreNotTimed() {
        return MeterFilter.deny(id -> "http.server.requests".equals(id.getName())
                && BalanceEndpoint.STREAM.equals(id.getTag("uri"))
                && "200".equals(id.getTag("status")));
    }
}
