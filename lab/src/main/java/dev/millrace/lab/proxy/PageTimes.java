package dev.millrace.lab.proxy;

import dev.millrace.lab.command.Machine;
import dev.millrace.lab.command.Percentiles;
import dev.millrace.lab.command.Report;
import dev.millrace.lab.command.Spread;
import dev.millrace.lab.load.Delivery;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.local.server.Ports;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Times of pages from the same nginx in four states, in turns. Pages arrive at a fixed rate, whether answers come or not. One thread measures; any
 * thread may ask for the report.
 */
final class PageTimes {
    private static final String PARAGRAPH = "<p>Some words of a page.</p>";
    private static final int PAGE_BYTES = 8_192;
    private static final int ARTICLES = 50;
    private static final int CONNECTIONS = 64;
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final String ACCEPTED = "accepted_total";

    private final Plan plan;
    private final long began = System.nanoTime();
    private final Map<State, List<Histogram>> rounds = new EnumMap<>(State.class);
    private final List<String> servers = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();

    PageTimes(Plan plan) {
        this.plan = plan;
    }

    /**
     * How long, how often and how much.
     *
     * @param turn of one state
     * @param rounds each state has a turn in each
     * @param perSecond pages
     */
    record Plan(Duration turn, int rounds, int perSecond) {
        private int pages() {
            return Math.toIntExact(turn.toSeconds() * perSecond);
        }
    }

    /** What the nginx does besides. */
    enum State {
        /** The same nginx without {@code count.conf}. */
        WITHOUT,
        COUNTING,

        /** It counts, and an ingest-api that costs this machine nothing accepts each view: one on another machine. */
        ELSEWHERE,

        /** It counts, and nobody listens where ingest-api should. */
        AWAY
    }

    /** One state over all rounds; the ratio is that of its p99 to the one without in the same round. */
    record Row(String state, Percentiles times, @Nullable Spread ratio) {}

    /**
     * Measures.
     *
     * @param ingestPort of an ingest-api that knows the key
     * @param key variables of the proxy
     */
    void run(Path root, Path home, int ingestPort, Map<String, String> key, List<String> what)
            throws IOException, InterruptedException {
        synchronized (this) {
            servers.addAll(what);
        }
        Files.createDirectories(home);
        Files.writeString(home.resolve("page.html"), PARAGRAPH.repeat(PAGE_BYTES / PARAGRAPH.length()));
        Map<State, Integer> ports = new EnumMap<>(State.class);
        for (State state : State.values()) {
            ports.put(state, Ports.free());
        }
        int standInPort = Ports.free();
        try (PublisherProxy _ = startStandIn(root, home, standInPort);
                PublisherProxy _ = start(State.WITHOUT, root, home, ports, ingestPort, key);
                PublisherProxy counting = start(State.COUNTING, root, home, ports, ingestPort, key);
                PublisherProxy elsewhere = start(State.ELSEWHERE, root, home, ports, standInPort, key);
                PublisherProxy away = start(State.AWAY, root, home, ports, Ports.free(), key)) {
            for (int round = 0; round <= plan.rounds(); round++) {
                round(round, ports);
            }
            check(counting, elsewhere, away);
        }
    }

    /** An nginx that accepts each event as ingest-api does, for the little that reading it costs. */
    private static PublisherProxy startStandIn(Path root, Path home, int port) {
        String site = """
                geo $limited { default 0; }
                server {
                    listen 127.0.0.1:%d;
                    access_log off;
                    location = /v1/events {
                        client_body_buffer_size 512k;
                        content_by_lua_block {
                            ngx.req.read_body()
                            local _, events = ngx.req.get_body_data():gsub('"token"', "")
                            ngx.print('{"results":[', string.rep('{"status":"accepted"}', events, ","), "]}")
                        }
                    }
                }
                """.formatted(port);
        return PublisherProxy.start(root, home.resolve("stand-in"), port, site, false, Map.of());
    }

    /** As in deploy/nginx/publisher.conf, with a page of 8 KB from a server of its own. */
    private static PublisherProxy start(
            State state, Path root, Path home, Map<State, Integer> ports, int ingestPort, Map<String, String> key) {
        int port = ports.getOrDefault(state, 0);
        String site = """
                upstream site { server 127.0.0.1:%2$d; keepalive 64; }
                upstream ingest_api { server 127.0.0.1:%3$d; keepalive 64; }
                map $host $millrace_ingest { default http://ingest_api; }
                map $host $millrace_host { default events.example.com; }
                geo $limited { default 0; }
                map $host $millrace_creator { default $upstream_http_x_millrace_creator; }
                map $host $millrace_article { default $upstream_http_x_millrace_article; }

                server {
                    listen 127.0.0.1:%1$d;
                    limit_conn connections_by_address 50;
                    include routes.conf;
                    location / {
                        limit_req zone=reads_by_address burst=100 nodelay;
                        proxy_pass http://site;
                    }
                }

                server {
                    listen 127.0.0.1:%2$d;
                    access_log off;
                    root %4$s;
                    add_header X-Millrace-Creator c-42;
                    add_header X-Millrace-Article $request_uri;
                    location / { try_files /page.html =404; }
                }
                """.formatted(port, Ports.free(), ingestPort, home);
        return PublisherProxy.start(root, home.resolve(state.name()), port, site, state != State.WITHOUT, key);
    }

    /** Each state in turn; each round begins with another one. The first round warms up. */
    private void round(int round, Map<State, Integer> ports) throws IOException {
        List<State> states = List.of(State.values());
        for (int turn = 0; turn < states.size(); turn++) {
            State state = states.get((round + turn) % states.size());
            Delivery delivery = LoadClient.http(ports.getOrDefault(state, 0), CONNECTIONS)
                    .deliver(Delivery.openLoop(
                            requests(round),
                            Delivery.evenly(plan.perSecond(), plan.pages()),
                            Delivery.OnRefusal.REPEAT));
            if (round > 0) {
                took(state, delivery.score().times());
            }
        }
    }

    private synchronized void took(State state, Histogram nanos) {
        rounds.computeIfAbsent(state, _ -> new ArrayList<>()).add(nanos);
    }

    /** Each request is another reader's. */
    private List<ByteBuffer> requests(int round) {
        return IntStream.range(0, plan.pages())
                .mapToObj(page -> """
                        GET /%d HTTP/1.1\r
                        Host: www.example.com\r
                        User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/%d.%d Safari/537.36\r
                        \r
                        """.formatted(page % ARTICLES, round, page))
                .map(request -> {
                    byte[] bytes = request.getBytes(StandardCharsets.US_ASCII);
                    return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
                })
                .toList();
    }

    /** Each page that was answered is one view, accepted once; where nobody takes it, it waits or is counted as dropped. */
    private void check(PublisherProxy counting, PublisherProxy elsewhere, PublisherProxy away)
            throws IOException, InterruptedException {
        long pages = (plan.rounds() + 1L) * plan.pages();
        for (PublisherProxy proxy : List.of(counting, elsewhere)) {
            Map<String, Long> counted = accepted(proxy, pages);
            if (counted.getOrDefault(ACCEPTED, 0L) != pages) {
                failed("of %d pages %d views were accepted: %s"
                        .formatted(pages, counted.getOrDefault(ACCEPTED, 0L), counted));
            }
        }
        Map<String, Long> waiting = away.counts();
        if (waiting.getOrDefault("views_total", 0L) != pages || waiting.getOrDefault(ACCEPTED, 0L) != 0) {
            failed("of %d pages without ingest-api these are the counts: %s".formatted(pages, waiting));
        }
    }

    /** Its counts once it has that many accepted views, or after a minute. */
    private static Map<String, Long> accepted(PublisherProxy proxy, long views)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        Map<String, Long> counted = proxy.counts();
        while (counted.getOrDefault(ACCEPTED, 0L) < views && System.nanoTime() < deadline) {
            Thread.onSpinWait();
            counted = proxy.counts();
        }
        return counted;
    }

    private synchronized void failed(String failure) {
        failures.add(failure);
    }

    /** What was measured so far. */
    synchronized Report report() {
        List<Row> rows = rounds.entrySet().stream()
                .map(entry -> new Row(
                        entry.getKey().name().toLowerCase(Locale.ROOT),
                        Percentiles.of(sum(entry.getValue())),
                        ratio(entry.getKey())))
                .toList();
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("secondsEach", plan.turn().toSeconds());
        fields.put("pagesPerSecond", plan.perSecond());
        fields.put("rounds", plan.rounds());
        fields.put("states", rows);
        String text = rows.isEmpty()
                ? ""
                : "%,d pages/s, %d rounds of %d s for each state in turns; p99 beside the one without, least, median and most of the rounds%n%n%s"
                        .formatted(
                                plan.perSecond(),
                                plan.rounds(),
                                plan.turn().toSeconds(),
                                Report.table(
                                        1,
                                        rows,
                                        "state, pages=times/requests, p50 ms=times/p50Ms, p99 ms=times/p99Ms, max ms=times/maxMs, least=ratio/least, median=ratio/median, most=ratio/most"));
        return new Report(
                Machine.ofThisProcess(servers, Duration.ofNanos(System.nanoTime() - began)), fields, text, failures);
    }

    private @Nullable Spread ratio(State state) {
        List<Histogram> without = rounds.getOrDefault(State.WITHOUT, List.of());
        List<Histogram> these = rounds.getOrDefault(state, List.of());
        List<Double> ratios = IntStream.range(0, Math.min(without.size(), these.size()))
                .mapToObj(round -> p99(these.get(round)) / p99(without.get(round)))
                .toList();
        return ratios.isEmpty() ? null : Spread.of(ratios);
    }

    private static double p99(Histogram nanos) {
        return nanos.getValueAtPercentile(99);
    }

    private static Histogram sum(List<Histogram> histograms) {
        Histogram sum = new Histogram(3);
        histograms.forEach(sum::add);
        return sum;
    }
}
