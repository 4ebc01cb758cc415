package dev.millrace.lab.bench;

import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.stack.Costs;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.Stage;
import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.server.Place;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;

/**
 * A system that turns events into balances, with all the servers it takes. Started once, it goes through all its rounds;
 * they take turns with those of others, and only one is under way at a time.
 */
abstract class Contestant implements AutoCloseable {
    private final Map<String, ServerProcess> processes = new LinkedHashMap<>();
    private final List<String> servers = new ArrayList<>();

    /**
     * Takes a process that runs for it and ends with it.
     *
     * @param part that it plays: {@code redis}, {@code postgres}
     * @param description the binary and how it is set, for people
     */
    final <P extends ServerProcess> P runs(String part, P process, String description) {
        processes.put(part, process);
        servers.add(description);
        return process;
    }

    /**
     * Starts a main class as a process of its own, on the same class path, with the heap size of ingest-api; returns when it is ready.
     *
     * @param name of the process and of its log
     * @param environment secret variables: others can read the arguments
     * @throws dev.millrace.local.process.CommandException with the last lines of its log when it does not come up
     */
    static ServerProcess startJava(
            String name,
            String main,
            Place place,
            Map<String, String> environment,
            Callable<ServerProcess.Answer> probe,
            String... arguments) {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(MillraceStack.EDGE_JVM);
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
        command.addAll(List.of(arguments));
        Path log = place.logs().resolve(name + ".log");
        Path directory = Path.of("").toAbsolutePath(); // Ours, since the class path may be relative to it.
        ServerProcess process =
                new ServerProcess(new ServerProcess.Plan(name, command, environment, directory, log), probe);
        process.start();
        process.awaitReady(line -> {});
        return process;
    }

    /** Ready when something listens there on the loopback address. */
    static ServerProcess.Answer listens(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected() ? ServerProcess.Answer.READY : ServerProcess.Answer.SILENT;
        }
    }

    /** The binaries it runs and how they are set, for people. */
    List<String> servers() {
        return servers;
    }

    /** The ids of its processes, by the part they play. This one is {@code client}. */
    Map<String, Long> processes() {
        Map<String, Long> ids = new LinkedHashMap<>();
        processes.forEach((part, process) -> ids.put(part, process.handle().pid()));
        return ids;
    }

    /** Makes all ready for a round: settings, empty tables, requests written out. Nothing of it is measured. */
    abstract Round prepare(Scenario scenario, Events events) throws Exception;

    /** What rounds cost besides time: counters that only grow. */
    Costs costs() throws Exception {
        return Costs.NONE;
    }

    /** What can be said once all rounds are over, for people. */
    List<String> remarks() throws Exception {
        return List.of();
    }

    /** Ends its servers, the last one first. */
    @Override
    public void close() {
        List.copyOf(processes.values()).reversed().forEach(ServerProcess::close);
    }

    /** A round that can begin. */
    interface Round {
        /**
         * Sends all events and returns when every one is acknowledged, with whatever the contestant promises by that.
         *
         * @param nanos takes the time of each request, in nanoseconds
         * @return requests that were refused, or whose connection broke, and that were sent again; each time counted
         */
        long send(Histogram nanos) throws Exception;

        /** Writes to the balances what is counted, where nothing else does so. Another thread calls it while events are sent. */
        default void drain() throws Exception {}

        /** Writes to the balances what is still on the way; measured apart. Returns when they hold everything. */
        default void settle() throws Exception {
            drain();
        }

        /** Micros in all balances that this round put there. */
        long counted() throws Exception;
    }

    /** Starts servers and fills them with what does not belong to a round. */
    interface Opening {
        /** @param slabs memory for requests; only one contestant at a time uses it */
        Contestant start(Stage stage, Slabs slabs) throws Exception;
    }

    /**
     * A contestant that can be started.
     *
     * @param name as options and results name it
     * @param scenarios its cases
     */
    record Entrant(String name, List<Scenario> scenarios, Opening opening) {
        /** All that can take part, in the order in which the table shows them. */
        static final List<Entrant> ALL = List.of(
                new Entrant(RawRedis.NAME, RawRedis.SCENARIOS, RawRedis::new),
                new Entrant(NoopHttp.NAME, NoopHttp.SCENARIOS, NoopHttp::new),
                new Entrant(MillraceServices.NAME, MillraceServices.SCENARIOS, MillraceServices::start),
                new Entrant(RowUpdate.NAME, RowUpdate.SCENARIOS, (stage, _) -> new RowUpdate(stage)),
                new Entrant(NaiveRedis.NAME, NaiveRedis.SCENARIOS, (stage, _) -> new NaiveRedis(stage)),
                new Entrant(
                        KafkaStreamsTotals.NAME,
                        KafkaStreamsTotals.SCENARIOS,
                        (stage, _) -> new KafkaStreamsTotals(stage)));

        /** Millrace with so many identities in its logs. */
        static Entrant remembering(long identities) {
            return new Entrant(
                    MillraceServices.REMEMBERED,
                    MillraceServices.SCENARIOS_REMEMBERED,
                    (stage, slabs) -> MillraceServices.startRemembering(stage, slabs, identities));
        }
    }
}
