package dev.millrace.ingest.receive;

import dev.millrace.common.identity.IdentityHash;
import dev.millrace.common.key.IdentityKey;
import dev.millrace.common.key.PublisherKeys;
import dev.millrace.counters.RedisConnections;
import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.catalog.CatalogFollower;
import dev.millrace.ingest.overload.Budget;
import dev.millrace.ingest.overload.PublisherRates;
import dev.millrace.ingest.tally.LogFollower;
import dev.millrace.ingest.tally.Tally;
import dev.millrace.ingest.verify.EventVerifier;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Wires the endpoint. */
@Configuration(proxyBeanMethods = false)
public class ReceiveConfiguration {
    @Bean
    EventVerifier eventVerifier(IngestSettings settings, IdentityKey identityKey, Environment environment) {
        return new EventVerifier(
                new PublisherKeys(settings.secret(environment.matchesProfiles("local"))),
                new IdentityHash(identityKey),
                settings.tokenLifetime(),
                settings.reactions(),
                settings.audience(),
                settings.redisPatience());
    }

    @Bean
    EventMetrics eventMetrics(MeterRegistry registry) {
        return new EventMetrics(registry);
    }

    @Bean
    EventIntake eventIntake(
            EventVerifier verifier,
            RedisConnections redis,
            CatalogFollower catalog,
            LogFollower follower,
            PublisherRates rates,
            Tally tally,
            EventMetrics metrics) {
        return new EventIntake(verifier, redis, catalog, follower, rates, tally, metrics);
    }

    @Bean
    ServletRegistrationBean<EventsServlet> events(
            EventIntake intake, Budget bodyBudget, Budget eventBudget, EventMetrics metrics) {
        ServletRegistrationBean<EventsServlet> events = new ServletRegistrationBean<>(
                new EventsServlet(intake, bodyBudget, eventBudget, metrics), EventsServlet.PATH);
        events.setName("events");
        events.setLoadOnStartup(1);
        return events;
    }

    /** The dispatcher is there for the management port only. */
    @Bean
    ServletRegistrationBean<NothingHere> nothingElse() {
        ServletRegistrationBean<NothingHere> nothing = new ServletRegistrationBean<>(new NothingHere(), "/*");
        nothing.setName("nothing-here");
        return nothing;
    }
}
