package dev.millrace.ingest.receive;

import com.google.common.base.Ticker;
import dev.millrace.common.key.IdentityKey;
import dev.millrace.common.token.Retention;
import dev.millrace.counters.RedisConnections;
import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.check.Hints;
import dev.millrace.ingest.filter.Datacenters;
import dev.millrace.ingest.filter.Filters;
import dev.millrace.ingest.page.DayKeys;
import dev.millrace.ingest.page.PageVisitors;
import dev.millrace.ingest.page.VisitorCap;
import dev.millrace.ingest.tally.LogFollower;
import dev.millrace.ingest.verify.EventVerifier;
import dev.millrace.ingest.visit.Visits;
import dev.millrace.service.problem.ProblemWriter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

/**
 * Wires the endpoint, and what bounds the work under way: what does not fit is refused at once and never queued. A request meets its bounds in this
 * order: connections (the server's), bytes of bodies (503 {@code overloaded}), events (429 {@code too-many-requests}). The publisher's rate and budget
 * meet single events.
 */
@Configuration(proxyBeanMethods = false)
@Import({EventMetrics.class, EventIntake.class, KeyReports.class})
public class ReceiveConfiguration {
    /** Bytes that a permit for bodies stands for: a smaller one would count each byte's arrival. */
    private static final int KIB = 1_024;

    private static final Duration DATACENTERS_PAUSE = Duration.ofSeconds(10);

    /** Buckets of publishers; a catalogue with more of them shares these among the busiest. */
    private static final int PUBLISHERS = 100_000;

    @Bean
    Datacenters datacenters(IngestSettings settings, Ticker ticker) {
        String file = settings.datacenters().strip();
        Datacenters datacenters = file.isEmpty() ? Datacenters.none() : Datacenters.of(Path.of(file), ticker);
        datacenters.follow(DATACENTERS_PAUSE);
        return datacenters;
    }

    @Bean
    Filters filters(Datacenters datacenters, MeterRegistry registry) {
        Filters filters = new Filters(datacenters);
        Gauge.builder("millrace.filters", () -> 1)
                .description("1; the label has name and version of the list of robots")
                .tag("robots", filters.version())
                .register(registry);
        return filters;
    }

    @Bean
    Senders senders(IngestSettings settings) {
        return new Senders(settings.trustedProxies());
    }

    @Bean
    Visits visits(IdentityKey identityKey, LogFollower follower) {
        return new Visits(identityKey, partition -> follower.index(partition, Retention.SHORT));
    }

    @Bean
    PageVisitors pageVisitors(RedisConnections redis, Ticker ticker) {
        return new PageVisitors(new DayKeys(redis, ticker));
    }

    @Bean
    VisitorCap visitorCap(RedisConnections redis, PageVisitors pageVisitors, IngestSettings settings) {
        return new VisitorCap(redis, pageVisitors, settings.pageVisitors());
    }

    @Bean
    EventVerifier eventVerifier(
            IngestSettings settings,
            IdentityKey identityKey,
            Filters filters,
            PageVisitors pageVisitors,
            Environment environment) {
        return new EventVerifier(
                settings.secrets(environment.matchesProfiles("local")),
                identityKey,
                settings.tokenLifetime(),
                settings.reactions(),
                filters,
                settings.audience(),
                pageVisitors,
                settings.redisPatience());
    }

    @Bean
    Hints hints(IngestSettings settings, Environment environment) {
        return new Hints(settings.secrets(environment.matchesProfiles("local")));
    }

    @Bean
    Semaphore eventBudget(IngestSettings settings, MeterRegistry registry) {
        Semaphore events = new Semaphore(settings.eventsUnderWay());
        gauges(registry, "events", "Events that are being counted", "Most events under way at once", events, 1, null);
        return events;
    }

    @Bean
    Semaphore bodyBudget(IngestSettings settings, MeterRegistry registry) {
        Semaphore bodies =
                new Semaphore(Math.toIntExact(settings.bodiesUnderWay().toKilobytes()));
        gauges(
                registry,
                "bodies",
                "Memory of bodies that are held",
                "Most memory of bodies held at once",
                bodies,
                KIB,
                "bytes");
        return bodies;
    }

    @Bean
    PublisherRates publisherRates(IngestSettings settings, Ticker ticker) {
        return new PublisherRates(settings.publisherEventsPerSecond(), PUBLISHERS, ticker);
    }

    @Bean
    EdgeServlet.Shared sharedByServlets(
            Semaphore bodyBudget, Semaphore eventBudget, EventMetrics metrics, ProblemWriter problems, Ticker ticker) {
        return new EdgeServlet.Shared(bodyBudget, eventBudget, metrics, problems, ticker);
    }

    @Bean
    ServletRegistrationBean<EventsServlet> events(EventIntake intake, Senders senders, EdgeServlet.Shared shared) {
        return registered(new EventsServlet(intake, senders, shared), "events", EventsServlet.PATH);
    }

    @Bean
    ServletRegistrationBean<PageServlet> page(EventIntake intake, Senders senders, EdgeServlet.Shared shared) {
        return registered(new PageServlet(intake, senders, shared), "page", PageServlet.PATH);
    }

    @Bean
    ServletRegistrationBean<PixelServlet> pixel(EventIntake intake, Senders senders, EdgeServlet.Shared shared) {
        return registered(new PixelServlet(intake, senders, shared), "pixel", PixelServlet.PATH);
    }

    @Bean
    ServletRegistrationBean<VerdictsServlet> verdicts(KeyReports reports, EdgeServlet.Shared shared) {
        return registered(new VerdictsServlet(reports, shared), "verdicts", VerdictsServlet.PATH);
    }

    private static <T extends HttpServlet> ServletRegistrationBean<T> registered(T servlet, String name, String path) {
        ServletRegistrationBean<T> registered = new ServletRegistrationBean<>(servlet, path);
        registered.setName(name);
        registered.setLoadOnStartup(1);
        return registered;
    }

    /** The dispatcher is there for the management port only. */
    @Bean
    ServletRegistrationBean<HttpServlet> nothingElse() {
        ServletRegistrationBean<HttpServlet> nothing = new ServletRegistrationBean<>(new NothingHere(), "/*");
        nothing.setName("nothing-here");
        return nothing;
    }

    private static void gauges(
            MeterRegistry registry,
            String of,
            String taken,
            String most,
            Semaphore free,
            int size,
            @Nullable String unit) {
        int allowed = free.availablePermits();
        Gauge.builder("millrace." + of + ".under.way", free, f -> (double) (allowed - f.availablePermits()) * size)
                .description(taken)
                .baseUnit(unit)
                .register(registry);
        Gauge.builder("millrace." + of + ".allowed", () -> (double) allowed * size)
                .description(most)
                .baseUnit(unit)
                .register(registry);
    }

    /** Answers 404 for every address that is no other servlet's, before the framework's dispatcher would look for a handler. */
    private static final class NothingHere extends HttpServlet {
        private static final long serialVersionUID = 1L;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.sendError(HttpServletResponse.SC_NOT_FOUND);
        }
    }
}
