package dev.millrace.ingest;

import dev.millrace.ingest.check.CheckConfiguration;
import dev.millrace.ingest.receive.ReceiveConfiguration;
import dev.millrace.ingest.script.ScriptConfiguration;
import dev.millrace.ingest.tally.TallyConfiguration;
import dev.millrace.ingest.verdict.VerdictConfiguration;
import dev.millrace.service.ServerConfiguration;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Import;

/** The edge: receive → verify → tally. */
@SpringBootConfiguration
@EnableAutoConfiguration
@EnableConfigurationProperties(IngestSettings.class)
@Import({
    ServerConfiguration.class,
    ReceiveConfiguration.class,
    VerdictConfiguration.class,
    TallyConfiguration.class,
    ScriptConfiguration.class,
    CheckConfiguration.class
})
public class IngestApi {

    public static void main(String[] args) {
        SpringApplication.run(IngestApi.class, args);
    }
}
