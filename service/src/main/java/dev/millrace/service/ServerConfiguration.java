package dev.millrace.service;

import com.google.common.base.Ticker;
import dev.millrace.service.problem.ProblemWriter;
import org.apache.catalina.connector.Connector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Wires the server of a service. The management port's server, where there is one, stays as Spring Boot makes it. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ServerConfiguration.ServerSettings.class)
@Import({ProblemWriter.class, ConnectionKeeper.class, QueryParameterCheck.class})
public class ServerConfiguration {
    /**
     * The settings in which the services' servers differ.
     *
     * @param anyOrigin whether a script of any page may read the server's own errors
     */
    @ConfigurationProperties("millrace.server")
    record ServerSettings(@DefaultValue("false") boolean anyOrigin) {}

    private static final Logger log = LoggerFactory.getLogger(ServerConfiguration.class);

    @Bean
    Ticker ticker() {
        return Ticker.systemTicker();
    }

    /** Without an order, hence inside of the error report that Spring Boot adds. */
    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> boundedServer(
            ConnectionKeeper keeper, ProblemWriter problems, ServerSettings settings, Ticker ticker) {
        ServerErrors errors = new ServerErrors(problems, settings.anyOrigin());
        return factory -> {
            factory.setProtocol(WatchedHttp11.class.getName());
            factory.addConnectorCustomizers(connector -> bound(connector, keeper));
            factory.addContextValves(new RequestRulesValve(errors, ticker));
            factory.addContextCustomizers(
                    context -> context.getParent().getPipeline().addValve(errors));
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
