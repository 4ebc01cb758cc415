package dev.millrace.lab.proxy;

import dev.millrace.local.server.Ports;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A small publisher's site behind the proxy. {@code /<creator>/<page>} is a page of that creator; the last part of the path says what else is
 * special about it. Readers are told apart by their addresses, all of which are this machine's.
 */
public final class Site implements AutoCloseable {
    public static final String CHROME =
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";

    /** Surefire says where the module is; the root is the folder above it. */
    static final Path ROOT = Path.of(System.getProperty("basedir", "."))
            .toAbsolutePath()
            .resolve("..")
            .normalize();

    private static final int LARGE = 64 << 20;

    private final int port = Ports.free();
    private final PublisherProxy proxy;

    /**
     * @param home a folder that nothing else uses
     * @param ingestPort where the proxy believes ingest-api
     * @param environment of the proxy, with the key
     */
    public Site(Path home, int ingestPort, Map<String, String> environment) throws IOException {
        Path large = Files.createDirectories(home).resolve("large.html");
        Files.write(large, new byte[LARGE]);
        proxy = PublisherProxy.start(ROOT, home, port, pages(port, Ports.free(), ingestPort, large), true, environment);
    }

    private static String pages(int port, int originPort, int ingestPort, Path large) {
        return """
            upstream site { server 127.0.0.1:%2$d; keepalive 16; }
            upstream ingest_api { server 127.0.0.1:%3$d max_fails=0; keepalive 16; }
            map $host $millrace_ingest { default http://ingest_api; }
            map $host $millrace_host { default events.example.com; }
            geo $limited { default 1; 127.9.0.0/16 0; }
            set_real_ip_from 127.2.0.0/16;
            real_ip_header X-Forwarded-For;
            real_ip_recursive on;
            map $uri $millrace_creator { default $upstream_http_x_millrace_creator; ~^/mapped/ c-mapped; }
            map $uri $millrace_article { default $upstream_http_x_millrace_article; ~^/mapped/. $uri; }

            server {
                listen 127.0.0.1:%1$d;
                server_name www.example.com;
                limit_conn connections_by_address 50;
                include routes.conf;
                location / {
                    limit_req zone=reads_by_address burst=100 nodelay;
                    proxy_pass http://site;
                }
                location /mapped/ {
                    default_type text/html;
                    return 200 "<p>from this nginx itself</p>";
                }
            }

            server {
                listen 127.0.0.1:%2$d;
                default_type "text/html; charset=utf-8";
                if ($uri ~ "^/(?<creator>[^/]+)/") { set $owner $creator; }
                add_header X-Millrace-Creator $owner always;
                set $name $uri;
                if ($arg_article) { set $name $arg_article; }
                add_header X-Millrace-Article $name always;
                add_header Set-Cookie "theme=dark" always;
                location / { return 200 "<p>$uri</p>"; }
                location ~ /gone$ { return 404 "<p>gone</p>"; }
                location ~ /data$ { default_type application/json; return 200 "{}"; }
                location ~ /unchanged$ { return 304; }
                location ~ /large$ { alias %4$s; }
                location ~ /nameless$ { add_header X-Other 1; return 200 "<p>nobody's</p>"; }
            }
            """.formatted(port, originPort, ingestPort, large);
    }

    /** What came back, as it stood on the wire; the body has a character a byte. */
    public record Reply(int status, String head, String body) {
        private static Reply parse(byte[] raw) {
            String text = new String(raw, StandardCharsets.ISO_8859_1);
            int end = text.indexOf("\r\n\r\n");
            if (end < 0) {
                throw new IllegalStateException("no whole head: " + text);
            }
            return new Reply(Integer.parseInt(text.substring(9, 12)), text.substring(0, end), text.substring(end + 4));
        }

        /** The value of a header; empty where there is none. */
        public String header(String name) {
            return head.lines()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":"))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst()
                    .orElse("");
        }
    }

    /** A reader opens a page in Chrome. */
    public Reply open(String path, String address, String... headers) {
        return send("GET", path, address, CHROME, "", headers);
    }

    /** @param userAgent empty for none */
    public Reply send(String method, String path, String address, String userAgent, String body, String... headers) {
        StringBuilder request = new StringBuilder(
                "%s %s HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n".formatted(method, path));
        if (!userAgent.isEmpty()) {
            request.append("User-Agent: ").append(userAgent).append("\r\n");
        }
        for (String header : headers) {
            request.append(header).append("\r\n");
        }
        if (!body.isEmpty()) {
            request.append("Content-Length: ").append(body.length()).append("\r\n");
        }
        try (Socket socket = connect(address)) {
            socket.getOutputStream().write((request + "\r\n" + body).getBytes(StandardCharsets.ISO_8859_1));
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            socket.getInputStream().transferTo(answer);
            return Reply.parse(answer.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(method + " " + path + " from " + address, e);
        }
    }

    /** A connection from an address of the loopback network; the caller closes it. */
    public Socket connect(String address) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(64 << 10);
        socket.setSoTimeout(40_000);
        socket.bind(new InetSocketAddress(address, 0));
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return socket;
    }

    public PublisherProxy proxy() {
        return proxy;
    }

    /** A count of the proxy, such as {@code accepted_total}. */
    public long count(String name) {
        return counts(name).getFirst();
    }

    /** Counts of the proxy at one moment, in this order. */
    public List<Long> counts(String... names) {
        try {
            Map<String, Long> counts = proxy.counts();
            return Stream.of(names).map(counts::get).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        proxy.close();
    }
}
