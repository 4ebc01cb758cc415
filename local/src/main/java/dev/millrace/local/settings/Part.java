package dev.millrace.local.settings;

/** A part of the local stack that listens on a port, in the order in which they start. */
public enum Part {
    POSTGRES("postgres", "MILLRACE_LOCAL_POSTGRES_PORT", 15432),
    REDIS("redis", "MILLRACE_LOCAL_REDIS_PORT", 16379),
    LEDGER("ledger-service", "MILLRACE_LEDGER_PORT", 8081),
    WORKER("settlement-worker", "MILLRACE_WORKER_PORT", 8082),
    INGEST("ingest-api", "MILLRACE_INGEST_PORT", 8080);

    private final String label;
    private final String variable;
    private final int defaultPort;

    Part(String label, String variable, int defaultPort) {
        this.label = label;
        this.variable = variable;
        this.defaultPort = defaultPort;
    }

    /** How messages, log files and modules call it. */
    public String label() {
        return label;
    }

    /** The environment variable that sets its port. */
    public String variable() {
        return variable;
    }

    int defaultPort() {
        return defaultPort;
    }
}
