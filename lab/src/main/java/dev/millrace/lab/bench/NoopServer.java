package dev.millrace.lab.bench;

import dev.millrace.service.ServerConfiguration;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/**
 * The server of ingest-api with an empty endpoint: the limit for single requests. It finds ingest-api's own
 * {@code application.yml} on the class path and wires the server as it does.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import(ServerConfiguration.class)
public class NoopServer {
    public static void main(String[] args) {
        SpringApplication.run(NoopServer.class, args);
    }

    @Bean
    ServletRegistrationBean<NoopServlet> events() {
        return new ServletRegistrationBean<>(new NoopServlet(), "/v1/events");
    }

    /** Reads the body away and answers 202 without content. A servlet by itself, as ingest-api's is. */
    static final class NoopServlet extends HttpServlet {
        private static final long serialVersionUID = 1L;

        @Override
        protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
            request.getInputStream().transferTo(OutputStream.nullOutputStream());
            response.setStatus(HttpServletResponse.SC_ACCEPTED);
        }
    }
}
