package dev.millrace.service;

import io.micrometer.core.instrument.MeterRegistry;
import org.apache.catalina.connector.Connector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Wires the server of a service. The management port's server, where there is one, stays as Spring Boot makes it. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ServerSettings.class)
public class ServerConfiguration {
    private static final Logger log = LoggerFactory.getLogger(ServerConfiguration.class);

    @Bean
    ConnectionKeeper connectionKeeper(MeterRegistry registry) {
        return new ConnectionKeeper(registry);
    }

    /** Without an order, hence inside of the error report that Spring Boot adds. */
    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> boundedServer(
            ConnectionKeeper keeper, MeterRegistry registry, ServerSettings settings) {
        ServerProblem problem = new ServerProblem(registry, settings.anyOrigin());
        return factory -> {
            factory.setProtocol(WatchedHttp11.class.getName());
            factory.addConnectorCustomizers(connector -> bound(connector, keeper));
            factory.addContextValves(new RequestRulesValve(problem));
            factory.addContextCustomizers(
                    context -> context.getParent().getPipeline().addValve(new ProblemReportValve(problem)));
        };
    }

    /** Not more connections than are set, and not more than the heap has room for. */
    private static void bound(Connector connector, ConnectionKeeper keeper) {
        if (!(connector.getProtocolHandler() instanceof WatchedHttp11 server)) {
            throw new IllegalStateException("the connector speaks " + connector.getProtocolHandlerClassName());
        }
        int room = ConnectionRoom.in(Runtime.getRuntime().maxMemory());
        if (room < server.getMaxConnections()) {
            log.info("the heap has room for {} connections, {} are allowed", room, server.getMaxConnections());
            server.setMaxConnections(room);
        }
        keeper.watch(server);
    }
}
