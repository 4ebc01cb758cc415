package dev.millrace.local.up;

import com.sun.net.httpserver.HttpServer;
import dev.millrace.local.server.ServiceJar;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** Stands for a service in tests of the stack: ready on its port, or failing to start. One class, so that it fits a jar. */
public final class FakeService {
    private FakeService() {}

    /** Fails in a working directory with a file named {@code fail}; its migration in one with {@code fail-migrate}. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length == 1 && arguments[0].equals("migrate")) {
            System.out.println("migrated as " + System.getenv("MILLRACE_POSTGRES_OWNER"));
            System.exit(Files.exists(Path.of("fail-migrate")) ? 1 : 0);
        }
        System.out.println(System.getenv("MILLRACE_POSTGRES_URL") + " as " + System.getenv("MILLRACE_POSTGRES_USER"));
        if (System.getenv("MILLRACE_POSTGRES_OWNER_PASSWORD") != null) {
            System.out.println("with the owner's secret");
        }
        for (String variable : List.of("MILLRACE_MASTER_KEY", "MILLRACE_IDENTITY_KEY", "MILLRACE_LEDGER_JWT_SECRET")) {
            if (System.getenv(variable) != null) {
                System.out.println(variable + " " + System.getenv(variable));
            }
        }
        if (Files.exists(Path.of("fail"))) {
            System.out.println("can't do it");
            System.exit(7);
        }
        String variable = variableOf(System.getProperty("java.class.path"));
        int port = Integer.parseInt(System.getenv(variable));
        HttpServer server = HttpServer.create(new InetSocketAddress(System.getenv("MILLRACE_BIND_ADDRESS"), port), 0);
        server.createContext("/actuator/health/readiness", exchange -> {
            byte[] body = "{\"status\":\"UP\"}".getBytes(StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    private static String variableOf(String jar) {
        if (jar.contains("ledger-service")) {
            return "MILLRACE_LEDGER_MANAGEMENT_PORT";
        }
        return jar.contains("settlement-worker") ? "MILLRACE_WORKER_PORT" : "MILLRACE_INGEST_MANAGEMENT_PORT";
    }

    /** Writes this class as the executable jar of a module. */
    static void writeJar(Path root, String module) throws IOException {
        Path jar = new ServiceJar(ServiceJar.folderIn(root, module), module).jar();
        Files.createDirectories(jar.getParent());
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, FakeService.class.getName());
        String entry = FakeService.class.getName().replace('.', '/') + ".class";
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest);
                InputStream in = FakeService.class.getClassLoader().getResourceAsStream(entry)) {
            out.putNextEntry(new JarEntry(entry));
            Objects.requireNonNull(in).transferTo(out);
        }
    }
}
