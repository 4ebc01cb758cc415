package dev.millrace.ingest.receive;

import com.google.common.base.Ticker;
import dev.millrace.common.identity.IdentityHash;
import dev.millrace.common.key.IdentityKey;
import dev.millrace.common.key.PublisherKeys;
import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.verify.EventVerifier;
import dev.millrace.service.problem.ProblemWriter;
import java.util.concurrent.Semaphore;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

/** Wires the endpoint. */
@Configuration(proxyBeanMethods = false)
@Import({EventMetrics.class, EventIntake.class})
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
    ServletRegistrationBean<EventsServlet> events(
            EventIntake intake,
            Semaphore bodyBudget,
            Semaphore eventBudget,
            EventMetrics metrics,
            ProblemWriter problems,
            Ticker ticker) {
        ServletRegistrationBean<EventsServlet> events = new ServletRegistrationBean<>(
                new EventsServlet(intake, bodyBudget, eventBudget, metrics, problems, ticker), EventsServlet.PATH);
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
