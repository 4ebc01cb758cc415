package dev.millrace.local.settings;

/**
 * A part of the local stack that listens on a port, in the order in which they start. Two of the services have another port
 * for health and metrics.
 */
public enum Part {
    POSTGRES("postgres", "MILLRACE_LOCAL_POSTGRES_PORT", "MILLRACE_LOCAL_POSTGRES_PORT"),
    REDIS("redis", "MILLRACE_LOCAL_REDIS_PORT", "MILLRACE_LOCAL_REDIS_PORT"),
    LEDGER("ledger-service", "MILLRACE_LEDGER_PORT", "MILLRACE_LEDGER_MANAGEMENT_PORT"),
    WORKER("settlement-worker", "MILLRACE_WORKER_PORT", "MILLRACE_WORKER_PORT"),
    INGEST("ingest-api", "MILLRACE_INGEST_PORT", "MILLRACE_INGEST_MANAGEMENT_PORT");

    private final String label;
    private final String variable;
    private final String managementVariable;

    Part(String label, String variable, String managementVariable) {
        this.label = label;
        this.variable = variable;
        this.managementVariable = managementVariable;
    }

    /** How messages, log files and modules call it. */
    public String label() {
        return label;
    }

    /** The environment variable that sets its port. */
    public String variable() {
        return variable;
    }

    /** The environment variable that sets the port of its health and metrics; the same where it has one port only. */
    public String managementVariable() {
        return managementVariable;
    }
}
