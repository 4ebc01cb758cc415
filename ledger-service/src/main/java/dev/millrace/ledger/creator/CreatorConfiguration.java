package dev.millrace.ledger.creator;

import com.zaxxer.hikari.HikariDataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What all answers about a creator share. */
@Configuration(proxyBeanMethods = false)
public class CreatorConfiguration {

    @Bean
    WholeNumbers wholeNumbers() {
        return new WholeNumbers();
    }

    @Bean
    LargeReads largeReads(HikariDataSource balances) {
        return new LargeReads(balances);
    }
}
