package dev.millrace.lab.torture;

import dev.millrace.lab.stack.Instance;
import dev.millrace.local.settings.Part;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a fault can hit: a process, or the link between two. */
enum Target {
    INGEST_1("ingest-1", Part.INGEST, 1),
    INGEST_2("ingest-2", Part.INGEST, 2),
    WORKER_1("worker-1", Part.WORKER, 1),
    WORKER_2("worker-2", Part.WORKER, 2),
    LEDGER("ledger", Part.LEDGER, 1),
    REDIS("redis", Part.REDIS, 1),
    POSTGRES("postgres", Part.POSTGRES, 1),

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
    private final @Nullable Part part;
    private final int number;
    private final @Nullable Target end;

    Target(String label, Part part, int number) {
        this.label = label;
        this.part = part;
        this.number = number;
        this.end = null;
    }

    Target(String label, Target end) {
        this.label = label;
        this.part = null;
        this.number = 0;
        this.end = end;
    }

    boolean isLink() {
        return end != null;
    }

    /** The service that this is a process of, or null for a link and for the two servers. */
    @Nullable
    Instance instance() {
        return part == null || part == Part.REDIS || part == Part.POSTGRES ? null : new Instance(part, number);
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
                .filter(target -> from.equals(target.instance()))
                .findFirst()
                .orElseThrow();
        return valueOf(process.name() + "_" + end.name());
    }

    @Override
    public String toString() {
        return label;
    }
}
