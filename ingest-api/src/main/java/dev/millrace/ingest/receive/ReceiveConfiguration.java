package dev.millrace.ingest.receive;

import dev.millrace.common.key.MasterKey;
import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.counters.Counters;
import dev.millrace.ingest.tally.Tally;
import dev.millrace.ingest.verify.EventVerifier;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

/** Wires the endpoint. */
@Configuration(proxyBeanMethods = false)
@Import({ServerConfiguration.class, Problems.class, ContainerErrors.class})
public class ReceiveConfiguration {
    @Bean
    EventVerifier eventVerifier(IngestSettings settings, Environment environment) {
        MasterKey secret = settings.secret(environment.matchesProfiles("local"));
        return new EventVerifier(secret, settings.tokenLifetime(), settings.reactions(), settings.redisPatience());
    }

    @Bean
    ServletRegistrationBean<EventsServlet> events(
            EventVerifier verifier, Counters counters, Tally tally, MeterRegistry registry) {
        Reception reception = new Reception(verifier, counters, tally, new EventMeters(registry));
        Admission admission = new Admission(Runtime.getRuntime().availableProcessors());
        ServletRegistrationBean<EventsServlet> events =
                new ServletRegistrationBean<>(new EventsServlet(reception, admission, registry), EventsServlet.PATH);
        events.setName("events");
        events.setLoadOnStartup(1);
        return events;
    }
}
