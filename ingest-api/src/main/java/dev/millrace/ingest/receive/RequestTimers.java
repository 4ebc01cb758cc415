package dev.millrace.ingest.receive;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.springframework.http.HttpStatus;

/** Times the requests of one path under the name and the tags that Spring Boot gives to those that it times itself. Thread-safe. */
final class RequestTimers {
    private static final String NONE = "none";

    private record Kind(String method, int status) {}

    private final MeterRegistry registry;
    private final String path;
    private final Map<Kind, Timer> timers = new ConcurrentHashMap<>();

    RequestTimers(MeterRegistry registry, String path) {
        this.registry = registry;
        this.path = path;
    }

    void record(String method, int status, long nanos) {
        timers.computeIfAbsent(new Kind(known(method), status), this::timer).record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A client may make up methods, and each would be a series for good. */
    private static String known(String method) {
        return switch (method) {
            case "POST", "OPTIONS", "GET", "HEAD", "PUT", "DELETE", "PATCH" -> method;
            default -> "UNKNOWN";
        };
    }

    private Timer timer(Kind kind) {
        return Timer.builder("http.server.requests")
                .tag("error", NONE)
                .tag("exception", NONE)
                .tag("method", kind.method())
                .tag("outcome", outcome(kind.status()))
                .tag("status", Integer.toString(kind.status()))
                .tag("uri", path)
                .register(registry);
    }

    private static String outcome(int status) {
        HttpStatus.Series series = HttpStatus.Series.resolve(status);
        return series == null
                ? "UNKNOWN"
                : switch (series) {
                    case SUCCESSFUL -> "SUCCESS";
                    case REDIRECTION, INFORMATIONAL, CLIENT_ERROR, SERVER_ERROR -> series.name();
                };
    }
}
