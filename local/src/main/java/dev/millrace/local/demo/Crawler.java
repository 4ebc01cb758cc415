package dev.millrace.local.demo;

import dev.millrace.local.server.JsonClient;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The bot: reads the site's pages one after the other, and sends what their script would. It follows links within the site.
 * Where the site or the edge does not answer, it goes on with the next page at its time.
 */
final class Crawler implements Closeable {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Pattern LINK = Pattern.compile("href=\"(/(?:articles/[a-z-]+|bot))\"");
    private static final Pattern TOKEN = Pattern.compile("data-token=\"([^\"]+)\"");

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .build();
    private final URI site;
    private final URI ingest;
    private final Duration pause;
    private final Thread thread;

    /** @param pause from one page to the next */
    Crawler(URI site, URI ingest, Duration pause) {
        this.site = site;
        this.ingest = ingest;
        this.pause = pause;
        this.thread = Thread.ofVirtual().name("demo-bot").start(this::crawl);
    }

    /** A robot's, by its own word. */
    static String userAgent(URI site) {
        return "Mozilla/5.0 (compatible; DemoBot/1.0; +" + site.resolve(DemoArticle.BOT.path()) + ")";
    }

    private void crawl() {
        Deque<String> waiting = new ArrayDeque<>();
        Set<String> seen = new HashSet<>();
        try {
            while (true) {
                if (waiting.isEmpty()) {
                    seen.clear();
                    waiting.add("/");
                }
                visit(waiting.remove()).filter(seen::add).forEach(waiting::add);
                Thread.sleep(pause);
            }
        } catch (InterruptedException e) {
            // The demo ends.
        }
    }

    /** The links of a page. */
    private Stream<String> visit(String path) throws InterruptedException {
        try {
            HttpRequest request = HttpRequest.newBuilder(site.resolve(path))
                    .timeout(TIMEOUT)
                    .header("User-Agent", userAgent(site))
                    .build();
            String page = client.send(request, BodyHandlers.ofString()).body();
            Matcher token = TOKEN.matcher(page);
            if (token.find()) {
                send(token.group(1));
            }
            return LINK.matcher(page).results().map(link -> link.group(1)).toList().stream();
        } catch (IOException e) {
            return Stream.empty();
        }
    }

    /** Tokens need no escaping in JSON. */
    private void send(String token) throws IOException, InterruptedException {
        JsonClient.send(HttpRequest.newBuilder(ingest.resolve("/v1/events"))
                .timeout(TIMEOUT)
                .header("User-Agent", userAgent(site))
                .header("Origin", site.toString())
                .header("Content-Type", "text/plain")
                .POST(BodyPublishers.ofString("{\"token\":\"" + token + "\",\"type\":\"view\"}")));
    }

    @Override
    public void close() {
        thread.interrupt();
        client.shutdownNow();
    }
}
