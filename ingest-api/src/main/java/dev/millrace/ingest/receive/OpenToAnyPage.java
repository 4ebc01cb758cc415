package dev.millrace.ingest.receive;

import java.util.List;
import org.springframework.web.cors.CorsConfiguration;

/** Cross-origin requests: from any page, without cookies. */
final class OpenToAnyPage {
    /** Headers that a page's script, or a tracer on the page, may send. */
    private static final List<String> ALLOWED_HEADERS =
            List.of("Content-Type", "Prefer", "traceparent", "tracestate", "baggage");

    /** Headers that a page's script may read. */
    private static final List<String> EXPOSED_HEADERS = List.of("Retry-After", "Preference-Applied");

    private static final long PREFLIGHT_SECONDS = 86_400;

    private OpenToAnyPage() {}

    static CorsConfiguration configuration() {
        CorsConfiguration cors = new CorsConfiguration();
        cors.addAllowedOrigin(CorsConfiguration.ALL);
        cors.addAllowedMethod("POST");
        cors.setAllowedHeaders(ALLOWED_HEADERS);
        cors.setExposedHeaders(EXPOSED_HEADERS);
        cors.setMaxAge(PREFLIGHT_SECONDS);
        return cors;
    }
}
