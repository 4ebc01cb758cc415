package dev.millrace.lab.proxy;

import dev.millrace.lab.stack.Metrics;
import dev.millrace.local.process.Programs;
import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.process.ServerProcess.Answer;
import dev.millrace.local.process.Signal;
import dev.millrace.local.server.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@code deploy/nginx/publisher.conf} as it is delivered, in a folder of its own: its paths and its loopback port are replaced, and
 * {@code site.conf} is the caller's.
 */
public final class PublisherProxy implements AutoCloseable {
    private static final Path LUA = Path.of("/etc/nginx/modules-enabled/50-mod-http-lua.conf");
    private static final Path DEBIANS = Path.of("/usr/sbin/nginx");
    private static final String DELIVERED_PORT = "8079";
    private static final String PREFIX = "millrace_proxy_";
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private final Path home;
    private final int metricsPort;
    private final ServerProcess server;

    private PublisherProxy(Path home, int metricsPort, ServerProcess server) {
        this.home = home;
        this.metricsPort = metricsPort;
        this.server = server;
    }

    /** Whether this machine has nginx with Lua, as Debian's packages nginx, libnginx-mod-http-lua and lua-cjson have it. */
    public static boolean isInstalled() {
        return Files.isReadable(LUA) && Files.isExecutable(nginx());
    }

    /**
     * Starts it; returns when it listens.
     *
     * @param root the project's folder
     * @param home a folder that nothing else uses
     * @param port where {@code site} listens, on the loopback address
     * @param site the text of {@code site.conf}
     * @param counts whether page views are counted; otherwise the same nginx without {@code count.conf}
     * @param environment of the process
     */
    public static PublisherProxy start(
            Path root, Path home, int port, String site, boolean counts, Map<String, String> environment) {
        int metricsPort = Ports.free();
        try {
            install(root.resolve("deploy/nginx"), home, metricsPort);
            Files.writeString(home.resolve("site.conf"), temporaryFiles(home) + site);
            if (!counts) {
                Files.writeString(home.resolve("count.conf"), "");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return start(home, "publisher.conf", port, metricsPort, environment);
    }

    /**
     * Starts {@code deploy/nginx/nginx.conf}, the edge in front of ingest-api, as it is delivered but for TLS, its port and its upstream.
     *
     * @param home a folder that nothing else uses
     * @param port where it listens, on the loopback address
     */
    static PublisherProxy startEdge(Path root, Path home, int port, int ingestPort) throws IOException {
        install(root.resolve("deploy/nginx"), home, Ports.free());
        Path delivered = home.resolve("nginx.conf");
        String text = Files.readString(delivered)
                .replace("listen 443 ssl default_server;", "listen 127.0.0.1:%d default_server;".formatted(port))
                .replace("ssl_reject_handshake on;", "return 421;")
                .replace("listen 443 ssl;", "listen 127.0.0.1:%d;".formatted(port))
                .replaceAll("ssl_certificate(_key)? [^;]*;", "")
                .replace("127.0.0.1:8080", "127.0.0.1:" + ingestPort)
                .replace("http {\n", "http {\n" + temporaryFiles(home));
        Files.writeString(delivered, "user %s;\n%s".formatted(System.getProperty("user.name"), text));
        return start(home, "nginx.conf", port, 0, Map.of());
    }

    private static PublisherProxy start(
            Path home, String configuration, int port, int metricsPort, Map<String, String> environment) {
        List<String> command = List.of(
                nginx().toString(),
                "-c",
                home.resolve(configuration).toString(),
                "-g",
                "daemon off; pid %s; error_log %s warn;"
                        .formatted(home.resolve("pid"), home.resolve("logs/error.log")));
        ServerProcess server = new ServerProcess(
                new ServerProcess.Plan("nginx", command, environment, home, home.resolve("logs/nginx.log")),
                () -> listens(port) ? Answer.READY : Answer.SILENT);
        PublisherProxy proxy = new PublisherProxy(home, metricsPort, server);
        server.start();
        server.awaitReady(line -> {});
        return proxy;
    }

    /**
     * What nginx says of a delivered configuration, as {@code nginx -t} does.
     *
     * @param name {@code publisher.conf} or {@code nginx.conf}; it listens on ports above 20000
     * @param tls a folder with {@code tls.crt} and {@code tls.key}
     */
    static String check(Path root, Path home, String name, Path tls) throws IOException, InterruptedException {
        install(root.resolve("deploy/nginx"), home, Ports.free());
        for (String file : List.of(name, "site.conf")) {
            Path delivered = home.resolve(file);
            String text = Files.readString(delivered)
                    .replace("listen 443", "listen " + Ports.free())
                    .replace("listen 80;", "listen " + Ports.free() + ";")
                    .replace("/etc/nginx/tls", tls.toString());
            Files.writeString(delivered, text);
        }
        Process process = new ProcessBuilder(
                        nginx().toString(),
                        "-t",
                        "-c",
                        home.resolve(name).toString(),
                        "-g",
                        "pid %s; error_log %s;".formatted(home.resolve("pid"), home.resolve("logs/error.log")))
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }

    /** Its counts, such as {@code accepted_total}, as the loopback server of {@code count.conf} tells them. */
    public Map<String, Long> counts() throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + metricsPort + "/metrics"))
                .build();
        String page = CLIENT.send(request, HttpResponse.BodyHandlers.ofString()).body();
        return Metrics.parse(page).sums().entrySet().stream()
                .collect(Collectors.toMap(
                        count -> count.getKey().replace(PREFIX, ""),
                        count -> count.getValue().longValue()));
    }

    /** {@code nginx version: nginx/1.22.1}. */
    static String version() {
        return Programs.output(List.of(nginx().toString(), "-v"))
                .orElse("nginx")
                .strip();
    }

    /** What stands in a log: {@code access}, {@code millrace} or {@code error}; empty where there is none yet. */
    public String log(String name) throws IOException {
        Path log = home.resolve("logs").resolve(name + ".log");
        return Files.exists(log) ? Files.readString(log) : "";
    }

    /** Starts new workers on the same queue; the old ones end once they have sent what they had taken from it. */
    public void reload() {
        Signal.HUP.send(List.of(server.handle()));
    }

    /** The workers as they run now. */
    public List<ProcessHandle> workers() {
        return server.handle().children().toList();
    }

    @Override
    public void close() {
        server.close();
    }

    private static Path nginx() {
        return Programs.onPath("nginx").orElse(DEBIANS);
    }

    private static void install(Path delivered, Path home, int metricsPort) throws IOException {
        Files.createDirectories(home.resolve("logs"));
        List<Path> files = new ArrayList<>();
        try (Stream<Path> all = Files.list(delivered)) {
            all.forEach(files::add);
        }
        for (Path file : files) {
            String text = Files.readString(file)
                    .replace("/var/log/nginx", home.resolve("logs").toString())
                    .replace("/etc/nginx/millrace/", home + "/")
                    .replace("user www-data;", "user " + System.getProperty("user.name") + ";")
                    .replace(DELIVERED_PORT, Integer.toString(metricsPort));
            Files.writeString(home.resolve(file.getFileName()), text);
        }
    }

    /** Debian's folders for bodies belong to root. */
    private static String temporaryFiles(Path home) {
        return Stream.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
                .map(kind -> "%s_temp_path %s;\n".formatted(kind, home.resolve(kind)))
                .collect(Collectors.joining());
    }

    /** Whether it answers a request, whatever it answers. */
    private static boolean listens(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(1_000);
            socket.getOutputStream().write("HEAD / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            return socket.getInputStream().read() == 'H';
        }
    }
}
