package dev.millrace.ingest;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Limits;
import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.RealServers;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A site with page tokens, and browsers that read it by a trusted proxy that tells their addresses. */
final class PageReaders implements AutoCloseable {
    static final String SITE = "https://news.example";
    static final String FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
    static final String GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    static final int WINDOW = 1_800;

    /** Of a window: what a test does in it takes less. */
    private static final int LAST_SECONDS = 60;

    final OpenCounters counters;
    private final List<RunningIngest> nodes = new ArrayList<>();

    /** @param most {@code MILLRACE_PAGE_VISITORS} */
    PageReaders(int most) {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
        Limits none = new Limits(null, null, null, null, null, null, null, null, null);
        counters.publish(new Catalog(
                2,
                Map.of(
                        "demo", publisher(on(none)),
                        "off", publisher(none.withPages(false, Set.of(SITE), Limits.ALL_FILTERS)),
                        "nowhere", publisher(none.withPages(true, Set.of(), Limits.ALL_FILTERS)),
                        "test-p", publisher(on(none)),
                        "gone", publisher(on(new Limits(true, null, null, null, null, null, null, null, null))),
                        "listed",
                                publisher(
                                        on(new Limits(null, null, null, null, null, Set.of("c-2"), null, null, null))),
                        "poor", publisher(on(new Limits(null, null, 2_000L, null, null, null, null, null, null)))),
                OpenCounters.CATALOG.cards()));
        node(most);
        // Else a test could begin in one window, or hour, and end in the next.
        Await.until(counters::second, second -> second % WINDOW < WINDOW - LAST_SECONDS);
    }

    private static Limits on(Limits limits) {
        return limits.withPages(true, Set.of(SITE), Limits.ALL_FILTERS);
    }

    private static Catalog.Publisher publisher(Limits limits) {
        return new Catalog.Publisher(List.of(1), List.of(), limits);
    }

    /** Another node. */
    RunningIngest node(int most) {
        RunningIngest node = new RunningIngest(
                RealServers.redisUrl(),
                "--millrace.redis-patience=60s",
                "--millrace.tally-timeout=60s",
                "--millrace.trusted-proxies=127.0.0.1",
                "--millrace.page-visitors=" + most);
        nodes.add(node);
        return node;
    }

    RunningIngest node() {
        return nodes.getFirst();
    }

    /** A page token of demo: creator c-1, article /a, for 400 days. */
    String token() {
        return token("demo", "");
    }

    /** @param claims further ones, each with a comma before it */
    String token(String publisher, String claims) {
        long made = counters.second() - 86_400;
        return signed(
                publisher,
                "{\"sub\":\"c-1\",\"art\":\"/a\",\"pag\":true,\"iat\":%d,\"exp\":%d%s}"
                        .formatted(made, made + 400 * 86_400L, claims));
    }

    static String signed(String publisher, String payload) {
        return Tokens.signed("{\"alg\":\"HS256\",\"kid\":\"%s.1\"}".formatted(publisher), payload, publisher + ".1");
    }

    /** A request as a browser on a page of the site sends it. */
    Answer post(String path, String body, String address, String userAgent, String... headers) {
        return post(node(), path, body, address, userAgent, headers);
    }

    Answer post(RunningIngest node, String path, String body, String address, String userAgent, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(node.uri(path))
                .header("Content-Type", "text/plain;charset=UTF-8")
                .header("X-Forwarded-For", address)
                .header("User-Agent", userAgent)
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (headers.length == 0) {
            request.header("Origin", SITE);
        } else if (headers.length > 1) {
            request.headers(headers);
        }
        return node.send(request.build());
    }

    Answer exchange(String token, String address, String userAgent, String... headers) {
        return post("/v1/page", "{\"token\":\"%s\"}".formatted(token), address, userAgent, headers);
    }

    /** The event token that a page token is exchanged for. */
    String exchanged(String token, String address) {
        return exchanged(token, address, FIREFOX);
    }

    String exchanged(String token, String address, String userAgent) {
        Answer answer = exchange(token, address, userAgent);
        if (answer.status() != 200) {
            throw new AssertionError(answer);
        }
        return answer.json().get("token").asString();
    }

    /** What becomes of an event: its status, and its code or reason. */
    String send(String token, String type, String address, String userAgent, String... headers) {
        Answer answer = post("/v1/events", event(token, type), address, userAgent, headers);
        var result = answer.json().get("results").get(0);
        var more = result.get("code") == null ? result.get("reason") : result.get("code");
        return result.get("status").asString() + (more == null ? "" : " " + more.asString());
    }

    static String event(String token, String type) {
        String key = type.equals("read") ? ",\"key\":\"15\"" : type.equals("reaction") ? ",\"key\":\"like\"" : "";
        return "{\"token\":\"%s\",\"type\":\"%s\"%s}".formatted(token, type, key);
    }

    @Override
    public void close() {
        nodes.forEach(RunningIngest::close);
        counters.close();
    }
}
