package dev.millrace.ingest.receive;

import java.util.List;
import org.springframework.web.cors.CorsConfiguration;

/** Cross-origin requests: from any page, without cookies. */
final class OpenToAnyPage {
    static final String ORIGIN = CorsConfiguration.ALL;

    /** Headers that a page's script may read. */
    private static final List<String> EXPOSED_HEADERS = List.of("Retry-After", "Preference-Applied");

    static final String EXPOSED = String.join(", ", EXPOSED_HEADERS);

    private static final long PREFLIGHT_SECONDS = 86_400;

    private OpenToAnyPage() {}

    static CorsConfiguration configuration() {
        CorsConfiguration cors = new CorsConfiguration();
        cors.addAllowedOrigin(ORIGIN);
        cors.addAllowedMethod("POST");
        cors.setAllowedHeaders(List.of("Content-Type", "Prefer"));
        cors.setExposedHeaders(EXPOSED_HEADERS);
        cors.setMaxAge(PREFLIGHT_SECONDS);
        return cors;
    }
}
