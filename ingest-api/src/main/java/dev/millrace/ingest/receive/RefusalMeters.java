package dev.millrace.ingest.receive;

import io.micrometer.core.instrument.MeterRegistry;

/** Counts requests that are refused as a whole, by the code of their problem. */
final class RefusalMeters {
    private final MeterRegistry registry;

    RefusalMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    void refused(String code) {
        registry.counter("millrace.requests.refused", "code", code).increment();
    }
}
