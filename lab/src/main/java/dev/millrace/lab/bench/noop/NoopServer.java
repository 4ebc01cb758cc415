package dev.millrace.lab.bench.noop;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/**
 * The server of ingest-api with an empty endpoint: the limit for single requests. It finds ingest-api's own
 * {@code application.yml} on the class path, so that server, threads and metrics are set alike.
 */
@SpringBootConfiguration
@EnableAutoConfiguration
@Import(NoopController.class)
public class NoopServer {

    public static void main(String[] args) {
        SpringApplication.run(NoopServer.class, args);
    }
}
