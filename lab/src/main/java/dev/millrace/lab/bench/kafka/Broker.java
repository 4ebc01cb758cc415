package dev.millrace.lab.bench.kafka;

import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A Kafka of one node on the loopback address, broker and controller in one process.
 *
 * <p>What it has acknowledged survives the end of its process, but not a power cut: Kafka leaves it to the kernel when to
 * write to the disk, and relies on other nodes instead.
 */
public final class Broker implements AutoCloseable {
    private static final int CONNECT_MILLIS = 500;

    private final ServerProcess child;
    private final int port;

    private Broker(ServerProcess child, int port) {
        this.child = child;
        this.port = port;
    }

    /**
     * Starts it on a free port and returns when it listens.
     *
     * @throws dev.millrace.local.process.CommandException with the last lines of its log when it does not come up
     */
    public static Broker start(Place place) {
        int port = Ports.free();
        Path folder = place.data().resolve("kafka");
        Path properties = folder.resolve("server.properties");
        try {
            Files.createDirectories(folder);
            Files.writeString(properties, properties(port, Ports.free(), folder.resolve("log")));
        } catch (IOException e) {
            throw new UncheckedIOException("can't write " + properties, e);
        }
        return new Broker(
                JavaChild.start(
                        "kafka", BrokerProcess.class, place, Map.of(), () -> probe(port), properties.toString()),
                port);
    }

    /** {@code 127.0.0.1:<port>}. */
    public String address() {
        return "127.0.0.1:" + port;
    }

    /** The id of its process. */
    public long pid() {
        return child.handle().pid();
    }

    @Override
    public void close() {
        child.stop();
    }

    private static ServerProcess.Answer probe(int port) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
            return ServerProcess.Answer.READY;
        }
    }

    private static String properties(int port, int controllerPort, Path log) {
        return """
                process.roles=broker,controller
                node.id=1
                listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                controller.listener.names=CONTROLLER
                controller.quorum.bootstrap.servers=127.0.0.1:%2$d
                log.dirs=%3$s
                auto.create.topics.enable=false
                # One node, so one copy of everything; and few partitions of its own topics, which it would create one by one.
                offsets.topic.replication.factor=1
                offsets.topic.num.partitions=4
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                transaction.state.log.num.partitions=4
                group.initial.rebalance.delay.ms=0
                """.formatted(port, controllerPort, log);
    }
}
