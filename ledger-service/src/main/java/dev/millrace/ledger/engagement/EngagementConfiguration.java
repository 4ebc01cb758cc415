package dev.millrace.ledger.engagement;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Wires this station. */
@Configuration(proxyBeanMethods = false)
@Import(EngagementEndpoint.class)
public class EngagementConfiguration {

    @Bean
    Engagement engagement(JdbcClient jdbc) {
        return new Engagement(jdbc);
    }
}
