package dev.millrace.lab.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.millrace.common.token.EventType;
import dev.millrace.lab.path.Newsroom.Gaps;
import dev.millrace.lab.path.Newsroom.Sent;
import dev.millrace.lab.stack.Instance;
import dev.millrace.local.mint.EventClaims;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Visits, views, reading and sources in the ledger's archive against an independent count. Redis' clock is turned from slot to slot, so half a day takes a
 * minute or two.
 */
@Tag("long")
class VisitsIT {
    private static final Duration INTERVAL = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int NODES = 2;
    private static final int SLOT = 300;
    private static final int HOUR = 3_600;
    private static final int MOST_EVENTS = 400;
    private static final int HALF_A_DAY = 12;
    private static final int READERS = 300;
    private static final int NEAR_READERS = 60;

    /** Seconds without an event after which every visit has ended: half an hour and a slot. */
    private static final int ENDS_SURELY = 2_100;

    /** The newsroom's hours begin at 18:00 UTC, so that midnight is in their middle. */
    private static final int EVENING = 18;

    @TempDir
    private static Path home;

    private static TurnedRedis redis;
    private static WholePath path;

    /** Identities that were logged, as the test knows: each event that counts, and each visitor's mark in a slot. */
    private static final Set<List<Object>> logged = new HashSet<>();

    @BeforeAll
    static void start() throws Exception {
        Optional<String> missing = TurnedRedis.missing();
        missing.ifPresent(what -> print("SKIPPED: Redis' clock can't be turned, %s is missing".formatted(what)));
        assumeThat(missing).isEmpty();
        redis = TurnedRedis.start(home);
        path = new WholePath(
                "visits",
                INTERVAL,
                NODES,
                Map.of(
                        "MILLRACE_REDIS_URL",
                        redis.url(),
                        "MILLRACE_REDIS_PATIENCE",
                        "20s",
                        "MILLRACE_CLOCK_LEAP",
                        "100d",
                        "MILLRACE_REMEMBER_SHORT",
                        "30d"));
    }

    @AfterAll
    static void stopAndLeaveNoProcess() throws IOException {
        try {
            if (path != null) {
                path.close();
            }
        } finally {
            if (redis != null) {
                redis.close();
            }
        }
    }

    /** What the archive has of an article on a day, by source. */
    private record Key(LocalDate day, String article, String source) {}

    private record Row(long views, long sessions, long sessionViews, long readSeconds) {
        private Row plus(Row other) {
            return new Row(
                    views + other.views,
                    sessions + other.sessions,
                    sessionViews + other.sessionViews,
                    readSeconds + other.readSeconds);
        }
    }

    /**
     * Readers whose gaps are clear must be archived to the unit. Of others, whose gaps are 25 to 36 minutes, some visits are joined: this is measured.
     */
    @Test
    void halfADayOfANewsroomIsArchivedAsItsReadersKnowIt() throws Exception {
        long seed = new Random().nextLong();
        print("seed " + seed);
        RandomGenerator random = new Random(seed);
        long begins = nextEvening();
        Newsroom clear = Newsroom.of(random, "clear", READERS, begins, HALF_A_DAY, NODES, Gaps.CLEAR);
        Newsroom near = Newsroom.of(random, "near", NEAR_READERS, begins, HALF_A_DAY, NODES, Gaps.NEAR);
        assertThat(clear.found()).containsExactlyInAnyOrderElementsOf(clear.visits());
        assertThat(near.found()).containsExactlyInAnyOrderElementsOf(near.visits());
        List<Sent> events = new ArrayList<>(clear.events());
        events.addAll(near.events());
        assertThat(send(new Publisher("newsroom"), events)).as("all count").hasSize(distinct(events));
        Map<Key, Row> archived = archived("newsroom", "/clear/");
        assertThat(archived).isEqualTo(expected(clear.events(), clear.visits()));
        print("%,d events of %d readers, %d visits over midnight and two nodes: archived as they know it"
                .formatted(clear.events().size(), READERS, clear.visits().size()));
        long found = archived("newsroom", "/near/").values().stream()
                .mapToLong(Row::sessions)
                .sum();
        long surelyFound = Sessionizer.visits(
                        near.events().stream().map(Sent::event).toList(), ENDS_SURELY - 1)
                .size();
        print("gaps of 25 to 36 minutes: %d visits, %d archived (%+.1f %%)"
                .formatted(
                        near.visits().size(),
                        found,
                        100.0 * (found - near.visits().size()) / near.visits().size()));
        assertThat(found).isBetween(surelyFound, (long) near.visits().size());
    }

    @Test
    void aRealLogIsArchivedAsAnIndependentCountHasIt() throws Exception {
        Path log = WholePath.ROOT.resolve("../shared/data/apache_access.log").normalize();
        if (!Files.exists(log)) {
            print("SKIPPED: the visits of a real log, since there is no %s".formatted(log));
        }
        assumeThat(log).exists();
        List<LogVisitors.PageView> views = LogVisitors.of(log);
        long shift = nextEvening() - views.getFirst().second();
        shift -= Math.floorMod(shift, SLOT);
        List<Sent> events = new ArrayList<>();
        Map<String, String> agents = new HashMap<>();
        for (LogVisitors.PageView view : views) {
            long second = view.second() + shift;
            agents.put(view.visitor(), view.userAgent());
            events.add(new Sent(
                    second,
                    view.visitor(),
                    (int) (Math.abs((long) view.visitor().hashCode()) % NODES),
                    view.article(),
                    EventType.VIEW,
                    null,
                    view.referrer(),
                    "?",
                    "log-" + events.size(),
                    second));
        }
        Publisher publisher = new Publisher("reallog", agents);
        Set<String> counted = send(publisher, events);
        List<Sent> people = events.stream()
                .filter(event -> counted.contains(event.page() + "null"))
                .toList();
        List<Sessionizer.Visit> visits =
                Sessionizer.visits(people.stream().map(Sent::event).toList());
        Map<Key, Row> archived = archived("reallog", "/");
        print("a real log: %d page views, filtered %s, %d visits of %d visitors"
                .formatted(
                        events.size(),
                        publisher.filtered,
                        visits.size(),
                        people.stream().map(Sent::visitor).distinct().count()));
        // Which source a referrer has is another test's matter: the rows are compared without it.
        assertThat(bySource(archived)).isEqualTo(bySource(expected(people, visits)));
        assertThat(publisher.filtered.get("robot"))
                .as("some are robots, some are not")
                .isBetween(1, events.size() - 1);
    }

    private static Map<Key, Row> bySource(Map<Key, Row> rows) {
        Map<Key, Row> all = new HashMap<>();
        rows.forEach((key, row) -> all.merge(
                new Key(key.day(), key.article(), "*"), new Row(0, row.sessions(), row.sessionViews(), 0), Row::plus));
        return all;
    }

    private static int distinct(List<Sent> events) {
        return (int) events.stream().map(VisitsIT::identity).distinct().count();
    }

    private static String identity(Sent event) {
        return event.page() + event.key();
    }

    /** Rows that these events make, with these visits. */
    private static Map<Key, Row> expected(List<Sent> events, List<Sessionizer.Visit> visits) {
        Map<Key, Row> rows = new HashMap<>();
        Set<String> seen = new HashSet<>();
        for (Sent event : events) {
            if (!seen.add(identity(event))) {
                continue;
            }
            boolean view = event.type() == EventType.VIEW;
            Row row = view ? new Row(event.source().isEmpty() ? 0 : 1, 0, 1, 0) : new Row(0, 0, 0, EventType.READ_STEP);
            rows.merge(new Key(day(event.second()), event.article(), event.source()), row, Row::plus);
        }
        visits.forEach(visit -> rows.merge(
                new Key(day(visit.begins()), visit.article(), visit.source()), new Row(0, 1, 0, 0), Row::plus));
        return rows;
    }

    private static LocalDate day(long second) {
        return Instant.ofEpochSecond(second).atZone(ZoneOffset.UTC).toLocalDate();
    }

    private static Map<Key, Row> archived(String publisher, String articles) {
        return path
                .stack()
                .ledger()
                .sql(
                        "SELECT day, article, source, views, sessions, session_views, read_seconds FROM visits WHERE publisher = :publisher AND starts_with(article, :articles)")
                .param("publisher", publisher)
                .param("articles", articles)
                .query((row, _) -> Map.entry(
                        new Key(
                                row.getObject("day", LocalDate.class),
                                row.getString("article"),
                                row.getString("source")),
                        new Row(
                                row.getLong("views"),
                                row.getLong("sessions"),
                                row.getLong("session_views"),
                                row.getLong("read_seconds"))))
                .list()
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static long nextEvening() {
        long now = redis.second();
        long evening = day(now).atTime(EVENING, 0).toEpochSecond(ZoneOffset.UTC);
        return evening > now ? evening : evening + Duration.ofDays(1).toSeconds();
    }

    /** Signs tokens. */
    private static final class Publisher {
        private final NimbusPublisher keys;
        private final Map<String, String> agents;
        private final Map<String, Integer> filtered = new TreeMap<>();

        Publisher(String id) {
            this(id, Map.of());
        }

        Publisher(String id, Map<String, String> agents) {
            this.keys = path.publisher(id);
            this.agents = agents;
        }

        /**
         * An event. The token seems to be ten minutes old: Redis' clock stands at the beginning of the slot, and a mark of reading needs a token as
         * old as it says.
         */
        String json(Sent event) {
            EventClaims claims = EventClaims.of(
                            "c-" + event.article().hashCode() % 7,
                            event.article(),
                            event.page(),
                            Instant.ofEpochSecond(event.opened() - event.opened() % SLOT - 2 * SLOT))
                    .validFor(
                            Duration.ofHours(2),
                            Instant.ofEpochSecond(event.opened() - event.opened() % SLOT - 2 * SLOT))
                    .with("vis", event.visitor())
                    .with("ua", agents.get(event.visitor()))
                    .with("ref", event.referrer());
            return "{\"token\":\"%s\",\"type\":\"%s\"%s}"
                    .formatted(
                            keys.mint().mint(claims),
                            event.type(),
                            event.key() == null ? "" : ",\"key\":\"%s\"".formatted(event.key()));
        }
    }

    /** Sends events at their times, settles all, and returns the identities of those that count. */
    private static Set<String> send(Publisher publisher, List<Sent> events) throws Exception {
        Set<String> counted = new HashSet<>();
        TreeMap<Long, List<Sent>> slots = events.stream()
                .collect(Collectors.groupingBy(event -> event.second() / SLOT, TreeMap::new, Collectors.toList()));
        long before = 0;
        for (Map.Entry<Long, List<Sent>> slot : slots.entrySet()) {
            if (before != 0 && !day(before * SLOT).equals(day(slot.getKey() * SLOT))) {
                settle();
            }
            turnTo(publisher, slot.getKey() * SLOT);
            send(publisher, slot.getKey(), slot.getValue(), counted);
            before = slot.getKey();
        }
        settle();
        return counted;
    }

    private static void settle() {
        Awaitility.await().atMost(PATIENCE).until(() -> path.api().settle().status() == 200);
    }

    /** Returns when both nodes know that it is so late, as a dry run says of a token that expires an hour later. */
    private static void turnTo(Publisher publisher, long second) throws IOException {
        redis.turnTo(second);
        String late = "{\"token\":\"%s\",\"type\":\"view\"}"
                .formatted(publisher.keys.mint().mint(EventClaims.of("c", "/", "late", Instant.ofEpochSecond(second))));
        for (int i = 1; i <= NODES; i++) {
            Instance node = Instance.ingest(i);
            Awaitility.await()
                    .atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> path.api()
                                    .judge(node, late)
                                    .json()
                                    .at("/results/0/expiresIn")
                                    .asLong(Long.MAX_VALUE)
                            <= HOUR);
        }
    }

    /** Sends events of one slot, each reader's in their order, and returns when both nodes have read what all of them have left. */
    private static void send(Publisher publisher, long slot, List<Sent> events, Set<String> counted) throws Exception {
        Map<String, Deque<Sent>> readers = new LinkedHashMap<>();
        events.forEach(event -> readers.computeIfAbsent(event.visitor(), _ -> new ArrayDeque<>())
                .add(event));
        for (int node = 0; !readers.isEmpty(); node = (node + 1) % NODES) {
            List<Sent> next = new ArrayList<>();
            for (Deque<Sent> own : readers.values()) {
                while (!own.isEmpty() && own.getFirst().node() == node && next.size() < MOST_EVENTS) {
                    next.add(own.removeFirst());
                }
            }
            readers.values().removeIf(Deque::isEmpty);
            if (!next.isEmpty()) {
                send(publisher, slot, node, next, counted);
            }
        }
        for (int i = 1; i <= NODES; i++) {
            Instance node = Instance.ingest(i);
            Awaitility.await()
                    .atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> path.stack().metrics(node).whole("millrace_index_identities") == logged.size());
        }
    }

    private static void send(Publisher publisher, long slot, int node, List<Sent> events, Set<String> counted) {
        Api.Answer answer = path.api()
                .events(
                        Instance.ingest(node + 1),
                        events.stream().map(publisher::json).collect(Collectors.joining(",", "[", "]")),
                        PATIENCE);
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        JsonNode results = answer.json().get("results");
        for (int i = 0; i < events.size(); i++) {
            JsonNode result = results.get(i);
            String status = result.path("status").asString();
            take(publisher, slot, events.get(i), status, counted);
            if (status.equals("filtered")) {
                publisher.filtered.merge(result.path("reason").asString(), 1, Integer::sum);
            }
        }
    }

    private static void take(Publisher publisher, long slot, Sent event, String status, Set<String> counted) {
        String kid = publisher.keys.kid();
        String identity = identity(event);
        boolean first = logged.add(List.of(kid, identity));
        if (status.equals("filtered")) {
            return;
        }
        assertThat(status).as("%s", event).isEqualTo(first ? "accepted" : "duplicate");
        counted.add(identity);
        logged.add(List.of(kid, event.visitor(), slot));
    }

    private static void print(String text) {
        System.out.println("VisitsIT: " + text);
    }
}
