package dev.millrace.lab.bench;

import dev.millrace.lab.stack.ServiceJvm;
import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.server.Place;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/** A main class that runs as a process of its own, on the same class path, with the heap of the edge. */
final class JavaProcess extends ServerProcess {
    private JavaProcess(Plan plan, Callable<Answer> probe) {
        super(plan, probe);
    }

    /**
     * Starts it and returns when it is ready.
     *
     * @param name of the process and of its log
     * @param environment what is not for the eyes of others
     * @throws dev.millrace.local.process.CommandException with the last lines of its log when it does not come up
     */
    static JavaProcess start(
            String name,
            String main,
            Place place,
            Map<String, String> environment,
            Callable<Answer> probe,
            String... arguments) {
        List<String> command = new ArrayList<>(List.of(ServiceJvm.PROGRAM));
        command.addAll(ServiceJvm.EDGE_OPTIONS);
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                main));
        command.addAll(List.of(arguments));
        Path log = place.logs().resolve(name + ".log");
        Path directory = Path.of("").toAbsolutePath(); // Ours, since the class path may be relative to it.
        JavaProcess process = new JavaProcess(new Plan(name, command, environment, directory, log), probe);
        process.start();
        process.awaitReady(line -> {});
        return process;
    }

    /** Ready when something listens there on the loopback address. */
    static Answer listens(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected() ? Answer.READY : Answer.SILENT;
        }
    }

    long pid() {
        return handle().pid();
    }
}
