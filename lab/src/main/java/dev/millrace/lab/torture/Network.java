package dev.millrace.lab.torture;

import dev.millrace.lab.link.TcpLink;
import dev.millrace.lab.stack.Instance;
import dev.millrace.lab.stack.LabSettings;
import dev.millrace.local.server.Ports;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.settings.Part;
import java.net.URI;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** All links of a stack. Thread-safe. */
final class Network implements AutoCloseable {
    private final Map<Target, TcpLink> links = new EnumMap<>(Target.class);

    Network(LabSettings settings) {
        for (Target target : Target.all(true)) {
            Instance service = target.end().instance();
            int port = service != null
                    ? settings.port(service)
                    : settings.local().port(target.end() == Target.REDIS ? Part.REDIS : Part.POSTGRES);
            links.put(target, TcpLink.open(target.toString(), Ports.free(), port));
        }
    }

    TcpLink link(Target target) {
        return Objects.requireNonNull(links.get(target), () -> target + " is no link");
    }

    /** The same settings with the links' addresses for Redis and Postgres. */
    LabSettings over(LabSettings settings) {
        LabSettings linked = settings;
        for (Map.Entry<Target, TcpLink> link : links.entrySet()) {
            Instance service = link.getKey().instance();
            int port = link.getValue().port();
            if (service != null && link.getKey().end() == Target.REDIS) {
                linked = linked.with(service, Map.of("MILLRACE_REDIS_URL", "redis://127.0.0.1:" + port));
            } else if (service != null) {
                String url = "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, PostgresServer.DATABASE);
                linked = linked.with(service, Map.of("MILLRACE_POSTGRES_URL", url));
            }
        }
        return linked;
    }

    /** How clients reach the ingest nodes. */
    List<URI> ingestNodes() {
        return List.of(address(Target.CLIENTS_INGEST_1), address(Target.CLIENTS_INGEST_2));
    }

    /** How readers reach the ledger-service. */
    URI ledger() {
        return address(Target.READERS_LEDGER);
    }

    private URI address(Target target) {
        return URI.create("http://127.0.0.1:" + link(target).port());
    }

    @Override
    public void close() {
        links.values().forEach(TcpLink::close);
    }
}
