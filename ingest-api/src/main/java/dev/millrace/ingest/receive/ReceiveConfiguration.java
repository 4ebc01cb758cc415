package dev.millrace.ingest.receive;

import dev.millrace.common.key.MasterKey;
import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.verify.EventVerifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.web.servlet.config.annotation.CorsRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** Wires the endpoint, open to any page (CORS without cookies). */
@Configuration(proxyBeanMethods = false)
@Import({EventsController.class, Problems.class, ContainerErrors.class})
public class ReceiveConfiguration implements WebMvcConfigurer {
    private static final long PREFLIGHT_SECONDS = 86_400;

    @Bean
    EventVerifier eventVerifier(IngestSettings settings, Environment environment) {
        MasterKey secret = settings.secret(environment.matchesProfiles("local"));
        return new EventVerifier(secret, settings.tokenLifetime(), settings.reactions());
    }

    @Override
    public void addCorsMappings(CorsRegistry registry) {
        registry.addMapping("/v1/events")
                .allowedOrigins("*")
                .allowedMethods("POST")
                .allowedHeaders("Content-Type", "Prefer")
                .exposedHeaders("Retry-After", "Preference-Applied")
                .maxAge(PREFLIGHT_SECONDS);
    }
}
