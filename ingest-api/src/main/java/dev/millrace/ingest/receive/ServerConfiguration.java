package dev.millrace.ingest.receive;

import dev.millrace.ingest.limit.ConcurrencyLimit;
import dev.millrace.ingest.limit.ConnectionAwareHttp11;
import dev.millrace.ingest.limit.ConnectionRoom;
import dev.millrace.ingest.limit.Standing;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import java.util.Locale;
import org.apache.coyote.AbstractProtocol;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.filter.RequestContextFilter;
import org.springframework.web.filter.ServerHttpObservationFilter;

/** Wires the server that the endpoint is served by, whatever the endpoint does. */
@Configuration(proxyBeanMethods = false)
public class ServerConfiguration {
    /** Enough that the cores have something to do while the operating system gives their threads no time. */
    private static final int PERMITS_PER_CORE = 4;

    private static final Logger log = LoggerFactory.getLogger(ServerConfiguration.class);

    @Bean
    ConcurrencyLimit concurrencyLimit(MeterRegistry registry) {
        ConcurrencyLimit limit = new ConcurrencyLimit(
                Runtime.getRuntime().availableProcessors() * PERMITS_PER_CORE,
                Thread.ofVirtual().name("request-", 0).factory(),
                System::nanoTime);
        for (Standing standing : Standing.values()) {
            Gauge.builder("millrace.requests.waiting", limit, l -> l.waiting(standing))
                    .description(
                            "Requests that have come and have not been begun, by what is known of their connections")
                    .tag("connection", standing.name().toLowerCase(Locale.ROOT))
                    .register(registry);
        }
        return limit;
    }

    /** Without an order, hence after the one that gives Tomcat an executor without a limit. */
    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> limitedRequests(
            ConcurrencyLimit limit, MeterRegistry registry) {
        return factory -> {
            factory.setProtocol(ConnectionAwareHttp11.class.getName());
            factory.addProtocolHandlerCustomizers(handler -> handler.setExecutor(limit));
            factory.addEngineValves(new LoadSheddingValve(registry));
        };
    }

    /** Not more connections than are set, and not more than the heap has room for. */
    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> connectionsThatFit() {
        return factory -> factory.addConnectorCustomizers(connector -> {
            if (connector.getProtocolHandler() instanceof AbstractProtocol<?> protocol) {
                int room = ConnectionRoom.in(Runtime.getRuntime().maxMemory());
                if (room < protocol.getMaxConnections()) {
                    log.info(
                            "the heap has room for {} connections, {} are allowed", room, protocol.getMaxConnections());
                    protocol.setMaxConnections(room);
                }
            }
        });
    }

    /** Before the server stops: what waits is answered too, not cut off. */
    @Bean
    SmartLifecycle whatWaitsIsBegun(ConcurrencyLimit limit) {
        return new LimitUntilStop(limit);
    }

    /** The endpoint needs no filter: it times its requests by itself ({@link RequestTimers}). */
    @Bean
    FilterRegistrationBean<ServerHttpObservationFilter> othersAreObserved(ObservationRegistry registry) {
        FilterRegistrationBean<ServerHttpObservationFilter> filter =
                new FilterRegistrationBean<>(new ServerHttpObservationFilter(registry));
        filter.addServletNames(DispatcherServletAutoConfiguration.DEFAULT_DISPATCHER_SERVLET_BEAN_NAME);
        return filter;
    }

    /** The dispatcher does the same. */
    @Bean
    FilterRegistrationBean<RequestContextFilter> noRequestContext() {
        FilterRegistrationBean<RequestContextFilter> none = new FilterRegistrationBean<>(new RequestContextFilter());
        none.setEnabled(false);
        return none;
    }
}
