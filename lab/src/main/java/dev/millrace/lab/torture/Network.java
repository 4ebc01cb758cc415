package dev.millrace.lab.torture;

import dev.millrace.lab.link.TcpLink;
import dev.millrace.lab.stack.Instance;
import dev.millrace.lab.stack.LabSettings;
import dev.millrace.lab.stack.Links;
import dev.millrace.local.settings.Part;
import java.net.URI;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** All links of a stack. Thread-safe. */
final class Network implements AutoCloseable {
    private final Map<Target, TcpLink> links = new EnumMap<>(Target.class);

    Network(LabSettings settings) {
        for (Target target : Target.links()) {
            int port = port(settings, target.end());
            links.put(target, TcpLink.open(target.toString(), LabSettings.freePort(), port));
        }
    }

    TcpLink link(Target target) {
        TcpLink link = links.get(target);
        if (link == null) {
            throw new IllegalArgumentException(target + " is no link");
        }
        return link;
    }

    /** How the services reach Redis and Postgres. */
    Links forServices() {
        return new Links(instance -> port(instance, Target.REDIS), instance -> port(instance, Target.POSTGRES));
    }

    /** How clients reach the ingest nodes. */
    List<URI> ingestNodes() {
        return List.of(address(Target.CLIENTS_INGEST_1), address(Target.CLIENTS_INGEST_2));
    }

    /** How readers reach the ledger-service. */
    URI ledger() {
        return address(Target.READERS_LEDGER);
    }

    void heal() {
        links.values().forEach(TcpLink::heal);
    }

    @Override
    public void close() {
        links.values().forEach(TcpLink::close);
    }

    private int port(Instance instance, Target end) {
        return link(Target.link(instance, end)).port();
    }

    private URI address(Target target) {
        return URI.create("http://127.0.0.1:" + link(target).port());
    }

    private static int port(LabSettings settings, Target process) {
        Instance instance = process.instance();
        if (instance != null) {
            return settings.port(instance);
        }
        return settings.local().port(process == Target.REDIS ? Part.REDIS : Part.POSTGRES);
    }
}
