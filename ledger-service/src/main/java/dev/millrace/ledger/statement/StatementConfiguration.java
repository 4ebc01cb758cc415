package dev.millrace.ledger.statement;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Wires this station. */
@Configuration(proxyBeanMethods = false)
@Import(StatementEndpoint.class)
public class StatementConfiguration {

    @Bean
    Statement statement(JdbcClient jdbc) {
        return new Statement(jdbc);
    }
}
