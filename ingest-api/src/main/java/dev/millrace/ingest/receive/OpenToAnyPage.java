package dev.millrace.ingest.receive;

import java.util.List;
import org.springframework.web.cors.CorsConfiguration;

/** Cross-origin requests: from any page, without cookies. */
final class OpenToAnyPage {
    private static final long PREFLIGHT_SECONDS = 86_400;

    private OpenToAnyPage() {}

    static CorsConfiguration configuration() {
        CorsConfiguration cors = new CorsConfiguration();
        cors.addAllowedOrigin(CorsConfiguration.ALL);
        cors.addAllowedMethod("POST");
        cors.setAllowedHeaders(List.of("Content-Type", "Prefer"));
        cors.setExposedHeaders(List.of("Retry-After", "Preference-Applied"));
        cors.setMaxAge(PREFLIGHT_SECONDS);
        return cors;
    }
}
