package dev.millrace.local.settings;

/**
 * A part of the local stack that listens on a port, in the order in which they start. Two of the services have another port
 * for health and metrics.
 */
public enum Part {
    POSTGRES("postgres", "MILLRACE_LOCAL_POSTGRES_PORT", 15432),
    REDIS("redis", "MILLRACE_LOCAL_REDIS_PORT", 16379),
    LEDGER("ledger-service", "MILLRACE_LEDGER_PORT", 8081, "MILLRACE_LEDGER_MANAGEMENT_PORT", 9081),
    WORKER("settlement-worker", "MILLRACE_WORKER_PORT", 8082),
    INGEST("ingest-api", "MILLRACE_INGEST_PORT", 8080, "MILLRACE_INGEST_MANAGEMENT_PORT", 9080);

    private final String label;
    private final String variable;
    private final int defaultPort;
    private final String managementVariable;
    private final int defaultManagementPort;

    Part(String label, String variable, int defaultPort) {
        this(label, variable, defaultPort, variable, defaultPort);
    }

    Part(String label, String variable, int defaultPort, String managementVariable, int defaultManagementPort) {
        this.label = label;
        this.variable = variable;
        this.defaultPort = defaultPort;
        this.managementVariable = managementVariable;
        this.defaultManagementPort = defaultManagementPort;
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

    /** The environment variable that sets the port of its health and metrics; the same where it has one port only. */
    public String managementVariable() {
        return managementVariable;
    }

    int defaultManagementPort() {
        return defaultManagementPort;
    }
}
