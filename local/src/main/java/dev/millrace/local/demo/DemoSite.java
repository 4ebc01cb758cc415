package dev.millrace.local.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.local.demo.Comments.Comment;
import dev.millrace.local.process.CommandException;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The publisher's site, on 127.0.0.1. A reader's id is in a session cookie; a page that is cached has none. */
final class DemoSite implements Closeable {
    /** Characters of a comment. */
    static final int MOST_COMMENT = 2_000;

    /** Bytes of a comment's form: each character may take nine, as a percent code of three bytes. */
    private static final int MOST_FORM = 9 * MOST_COMMENT + 1_000;

    private static final int BACKLOG = 100;
    private static final int READER_BYTES = 16;
    private static final Pattern READER = Pattern.compile("(?:^|;\\s*)reader=([A-Za-z0-9_-]{22})(?:;|$)");
    private static final String HTML = "text/html; charset=utf-8";
    private static final String PRIVATE = "private, no-store";

    /** A cache may keep the page with a page token so long, in seconds. */
    private static final String SHARED = "public, max-age=600";

    private static final Map<String, String> FILES = Map.of(
            "/style.css", "text/css; charset=utf-8",
            "/panel.js", "text/javascript; charset=utf-8",
            "/icon.svg", "image/svg+xml");

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final SecureRandom random = new SecureRandom();
    private final Comments comments = new Comments();

    /** What it answers with, once the stack is ready. */
    private volatile @Nullable Content content;

    private record Content(Pages pages, Tokens tokens, LiveFigures figures) {}

    /**
     * Takes the port. Until it is opened, each page says that the stack is starting, and asks again by itself.
     *
     * @throws CommandException where the port is taken
     */
    DemoSite(int port) {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
        } catch (IOException e) {
            throw CommandException.wrongCall(
                    "port %d for the demo is taken; choose another one with --port".formatted(port));
        }
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                answer(new Visit(exchange));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
    }

    /** Its address, which is the origin of its pages. */
    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    void open(Pages pages, Tokens tokens, LiveFigures figures) {
        content = new Content(pages, tokens, figures);
    }

    private void answer(Visit visit) throws IOException, InterruptedException {
        Content ready = content;
        if (ready == null) {
            visit.header("Refresh", "2");
            visit.send(503, HTML, PRIVATE, "the stack is starting");
        } else {
            answer(visit, ready.pages(), ready.tokens(), ready.figures());
        }
    }

    private void answer(Visit visit, Pages pages, Tokens tokens, LiveFigures figures)
            throws IOException, InterruptedException {
        String path = visit.path();
        visit.header("Content-Security-Policy", pages.policy());
        visit.header("X-Content-Type-Options", "nosniff");
        if (!visit.isFor(address())) { // another name for this machine would be another site to Millrace
            visit.header("Location", address() + visit.rawPath());
            visit.send(302, HTML, PRIVATE, "");
        } else if (path.equals("/comments")) {
            comment(visit, tokens);
        } else if (!visit.isRead()) {
            visit.header("Allow", "GET, HEAD");
            visit.send(405, HTML, PRIVATE, "this address is read");
        } else if (path.equals("/")) {
            visit.send(200, HTML, PRIVATE, pages.front());
        } else if (path.equals("/live")) {
            visit.send(200, "application/json", PRIVATE, figures.json());
        } else if (FILES.containsKey(path)) {
            visit.send(200, FILES.getOrDefault(path, ""), "no-cache", Resources.text(path.substring(1)));
        } else if (path.equals(DemoArticle.BOT.path())) {
            visit.send(200, HTML, PRIVATE, pages.plain(DemoArticle.BOT));
        } else {
            DemoArticle article = article(path).orElse(null);
            if (article == null) {
                visit.send(404, HTML, PRIVATE, "there is no such page");
            } else if (article.cached()) {
                visit.send(200, HTML, SHARED, pages.cached(article, tokens.ofPage(article)));
            } else {
                String token = tokens.ofView(article, reader(visit), visit.referrer());
                visit.send(200, HTML, PRIVATE, pages.of(article, token, comments.of(article)));
            }
        }
    }

    /** The form of another site can't comment here. */
    private void comment(Visit visit, Tokens tokens) throws IOException, InterruptedException {
        Map<String, String> form = visit.isPostOf(address()) ? visit.form() : Map.of();
        String text = form.getOrDefault("text", "").strip();
        DemoArticle article = article(form.getOrDefault("article", ""))
                .filter(found -> !found.cached())
                .orElse(null);
        if (article == null || text.isEmpty() || text.length() > MOST_COMMENT) {
            visit.send(400, HTML, PRIVATE, "a comment is a form of this site, with 1 to 2,000 characters");
            return;
        }
        int words = text.split("\\s+").length;
        String verdict = tokens.sendComment(article, reader(visit), visit.userAgent(), words);
        comments.add(article, new Comment(text, words, verdict));
        visit.header("Location", article.path() + "#comments");
        visit.send(303, HTML, PRIVATE, "");
    }

    private static Optional<DemoArticle> article(String path) {
        return DemoArticle.ALL.stream()
                .filter(article -> article.path().equals(path))
                .findFirst();
    }

    /** The reader's id, from the cookie, or else a new one that is put there. */
    private String reader(Visit visit) {
        Matcher known = READER.matcher(visit.cookies());
        if (known.find()) {
            return known.group(1);
        }
        byte[] bytes = new byte[READER_BYTES];
        random.nextBytes(bytes);
        String reader = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        visit.header("Set-Cookie", "reader=" + reader + "; Path=/; HttpOnly; SameSite=Lax");
        return reader;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    /** One request and its answer. */
    private record Visit(HttpExchange exchange) {
        String path() {
            return exchange.getRequestURI().getPath();
        }

        /** As it was sent, so that nothing in it ends a header. */
        String rawPath() {
            return exchange.getRequestURI().getRawPath();
        }

        boolean isRead() {
            return exchange.getRequestMethod().equals("GET")
                    || exchange.getRequestMethod().equals("HEAD");
        }

        boolean isFor(URI site) {
            return site.getAuthority().equals(said("Host"));
        }

        boolean isPostOf(URI site) {
            return exchange.getRequestMethod().equals("POST") && site.toString().equals(said("Origin"));
        }

        @Nullable
        String userAgent() {
            return said("User-Agent");
        }

        String cookies() {
            String cookies = said("Cookie");
            return cookies == null ? "" : cookies;
        }

        /** What the browser says, or for the link of the front page what it stands for. */
        @Nullable
        String referrer() {
            return "from=search".equals(exchange.getRequestURI().getQuery()) ? Pages.SEARCH_ENGINE : said("Referer");
        }

        private @Nullable String said(String header) {
            return exchange.getRequestHeaders().getFirst(header);
        }

        /** Empty where it is too long or can't be read. */
        Map<String, String> form() throws IOException {
            byte[] body = exchange.getRequestBody().readNBytes(MOST_FORM + 1);
            if (body.length > MOST_FORM) {
                return Map.of();
            }
            try {
                return Arrays.stream(new String(body, StandardCharsets.US_ASCII).split("&", -1))
                        .map(field -> field.split("=", 2))
                        .filter(field -> field.length == 2)
                        .collect(Collectors.toMap(field -> decoded(field[0]), field -> decoded(field[1]), (a, _) -> a));
            } catch (IllegalArgumentException e) {
                return Map.of();
            }
        }

        private static String decoded(String text) {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        }

        void header(String name, String value) {
            exchange.getResponseHeaders().set(name, value);
        }

        void send(int status, String type, String caching, String text) throws IOException {
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            boolean hasBody = body.length > 0 && !exchange.getRequestMethod().equals("HEAD");
            header("Content-Type", type);
            header("Cache-Control", caching);
            exchange.sendResponseHeaders(status, hasBody ? body.length : -1);
            if (hasBody) {
                exchange.getResponseBody().write(body);
            }
        }
    }
}
