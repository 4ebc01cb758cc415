package dev.millrace.lab.torture;

import dev.millrace.lab.stack.Instance;
import dev.millrace.local.settings.Part;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a fault can hit: a process, or the link between two. */
enum Target {
    INGEST_1(Instance.ingest(1)),
    INGEST_2(Instance.ingest(2)),
    WORKER_1(Instance.worker(1)),
    WORKER_2(Instance.worker(2)),
    LEDGER(Instance.LEDGER),
    REDIS(null),
    POSTGRES(null),

    CLIENTS_INGEST_1("clients", null, INGEST_1),
    CLIENTS_INGEST_2("clients", null, INGEST_2),
    READERS_LEDGER("readers", null, LEDGER),
    INGEST_1_REDIS(INGEST_1, REDIS),
    INGEST_2_REDIS(INGEST_2, REDIS),
    WORKER_1_REDIS(WORKER_1, REDIS),
    WORKER_2_REDIS(WORKER_2, REDIS),
    LEDGER_REDIS(LEDGER, REDIS),
    WORKER_1_POSTGRES(WORKER_1, POSTGRES),
    WORKER_2_POSTGRES(WORKER_2, POSTGRES),
    LEDGER_POSTGRES(LEDGER, POSTGRES);

    private final String label;
    private final @Nullable Instance instance;
    private final @Nullable Target end;

    /** A process. */
    Target(@Nullable Instance instance) {
        this.label = name().toLowerCase(Locale.ROOT).replace('_', '-');
        this.instance = instance;
        this.end = null;
    }

    /** A service's link to a server. */
    Target(Target from, Target end) {
        this(from.label, from.instance, end);
    }

    Target(String from, @Nullable Instance instance, Target end) {
        this.label = from + "→" + end.label;
        this.instance = instance;
        this.end = end;
    }

    boolean isLink() {
        return end != null;
    }

    /** The service that this is a process of, or whose link this is; null for the two servers, clients and readers. */
    @Nullable
    Instance instance() {
        return instance;
    }

    /** The process that a link leads to. */
    Target end() {
        return Objects.requireNonNull(end, () -> this + " is no link");
    }

    /** What stands in for a killed process, or can't do without it: it is spared while that starts. */
    List<Target> group() {
        return all(false).stream()
                .filter(other -> Objects.equals(part(other.instance), part(instance)))
                .toList();
    }

    private static @Nullable Part part(@Nullable Instance instance) {
        return instance == null ? null : instance.part();
    }

    static List<Target> all(boolean links) {
        return Stream.of(values()).filter(target -> target.isLink() == links).toList();
    }

    @Override
    public String toString() {
        return label;
    }
}
