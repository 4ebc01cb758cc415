package dev.millrace.ledger.problem;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.servlet.HandlerExceptionResolver;

/** Wires this station. */
@Configuration(proxyBeanMethods = false)
@Import(ProblemHandler.class)
public class ProblemConfiguration {

    @Bean
    ProblemWriter problemWriter(@Qualifier("handlerExceptionResolver") HandlerExceptionResolver resolver) {
        return new ProblemWriter(resolver);
    }
}
