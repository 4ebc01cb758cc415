package dev.millrace.lab.torture;

import dev.millrace.lab.stack.Instance;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a fault can hit: a process, or the link between two. */
enum Target {
    INGEST_1("ingest-1", Instance.ingest(1)),
    INGEST_2("ingest-2", Instance.ingest(2)),
    WORKER_1("worker-1", Instance.worker(1)),
    WORKER_2("worker-2", Instance.worker(2)),
    LEDGER("ledger", Instance.LEDGER),
    REDIS("redis"),
    POSTGRES("postgres"),

    CLIENTS_INGEST_1("clients→ingest-1", INGEST_1),
    CLIENTS_INGEST_2("clients→ingest-2", INGEST_2),
    READERS_LEDGER("readers→ledger", LEDGER),
    INGEST_1_REDIS("ingest-1→redis", REDIS),
    INGEST_2_REDIS("ingest-2→redis", REDIS),
    WORKER_1_REDIS("worker-1→redis", REDIS),
    WORKER_2_REDIS("worker-2→redis", REDIS),
    LEDGER_REDIS("ledger→redis", REDIS),
    WORKER_1_POSTGRES("worker-1→postgres", POSTGRES),
    WORKER_2_POSTGRES("worker-2→postgres", POSTGRES),
    LEDGER_POSTGRES("ledger→postgres", POSTGRES);

    private final String label;
    private final @Nullable Instance instance;
    private final @Nullable Target end;

    Target(String label) {
        this.label = label;
        this.instance = null;
        this.end = null;
    }

    Target(String label, Instance instance) {
        this.label = label;
        this.instance = instance;
        this.end = null;
    }

    Target(String label, Target end) {
        this.label = label;
        this.instance = null;
        this.end = end;
    }

    boolean isLink() {
        return end != null;
    }

    /** The service that this is a process of, or null for a link and for the two servers. */
    @Nullable
    Instance instance() {
        return instance;
    }

    /** The process that a link leads to. */
    Target end() {
        if (end == null) {
            throw new IllegalStateException(this + " is no link");
        }
        return end;
    }

    static List<Target> links() {
        return Stream.of(values()).filter(Target::isLink).toList();
    }

    static List<Target> processes() {
        return Stream.of(values()).filter(target -> !target.isLink()).toList();
    }

    /** The link from a service to Redis or Postgres. */
    static Target link(Instance from, Target end) {
        Target process = processes().stream()
                .filter(target -> from.equals(target.instance))
                .findFirst()
                .orElseThrow();
        return valueOf(process.name() + "_" + end.name());
    }

    @Override
    public String toString() {
        return label;
    }
}
