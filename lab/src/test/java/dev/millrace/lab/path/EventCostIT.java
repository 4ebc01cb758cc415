package dev.millrace.lab.path;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.local.mint.EventClaims;
import dev.millrace.local.server.Databases;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What events cost the database, with and without sources, visits and filters, and when a group of articles is read at once. */
@Tag("long")
class EventCostIT {
    /**
     * The cost is a settlement's, so with fewer events the share is greater. The product's interval of a minute at 10,000 events a second has 600,000:
     * {@code -Dmillrace.events=600000}.
     */
    private static final int EVENTS = Integer.getInteger("millrace.events", 300_000);

    /** Settlements happen when they are asked for. */
    private static final Duration NEVER = Duration.ofHours(1);

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int GROUP = 50;

    /** Writes by which two settlements may differ: the worker keeps hours of verdicts now and then. */
    private static final int SLACK = 10;

    /** What reports of engagement and verdicts read; everything else is the ledger's. */
    private static final Set<String> ARCHIVE = Set.of("engagement", "filtered", "visits", "verdicts");

    /** What administration writes, and no event. */
    private static final Set<String> OTHERS =
            Set.of("audit", "audit_head", "catalog_revision", "publisher", "publisher_key");

    private static final List<String> REFERRERS =
            List.of("https://www.google.com/", "https://t.co/x", "https://blog.example/", "https://mail.google.com/");
    private static final String ROBOT = "Mozilla/5.0 (compatible; newcomer-bot/1.0)";

    private static final String STATEMENTS = """
            SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid
            WHERE rolname IN ('%s', '%s')
            """.formatted(Databases.SETTLER, Databases.LEDGER);

    /** Services read now and then whether events come or not, so on a slow machine they read more often while as many come. */
    private static final String WRITES = STATEMENTS + " AND query ~* '^\\s*(insert|copy|update|delete|merge)'";

    private static WholePath path;
    private static NimbusPublisher publisher;

    @BeforeAll
    static void start() throws IOException {
        path = new WholePath("event-cost", NEVER);
        path.stack()
                .ledger()
                .sql("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
                .update();
        path.stack().postgres().kill();
        path.stack().postgres().restart();
        path.stack().ledger().sql("CREATE EXTENSION pg_stat_statements").update();
        publisher = path.publisher("lab");
        settle();
    }

    @AfterAll
    static void stop() throws IOException {
        path.close();
    }

    private static void settle() {
        Awaitility.await().atMost(PATIENCE).until(() -> path.api().settle().status() == 200);
    }

    /** Of the events that a flood has sent, until they were settled. */
    private record Cost(
            Flood.Sums sums, long statements, long writes, long ledgerRows, long archiveRows, double seconds) {
        @Override
        public String toString() {
            return "%d statements, %d of them writes, %d rows in the ledger, %d in the archive, settled in %.2f s (%s)"
                    .formatted(statements, writes, ledgerRows, archiveRows, seconds, sums);
        }
    }

    private static Cost cost(String what, IntFunction<EventClaims> claims) throws Exception {
        settle();
        Map<String, Long> before = RowsWritten.byTable(path.stack().postgres());
        path.stack().ledger().sql("SELECT pg_stat_statements_reset()").query().singleRow();
        Flood.Sums sums = new Flood(path.api(), publisher, claims).send(EVENTS);
        long began = System.nanoTime();
        settle();
        double seconds = (System.nanoTime() - began) / 1e9;
        long statements =
                path.stack().ledger().sql(STATEMENTS).query(Long.class).single();
        long writes = path.stack().ledger().sql(WRITES).query(Long.class).single();
        Map<String, Long> rows =
                RowsWritten.between(before, RowsWritten.byTable(path.stack().postgres()));
        rows.keySet().removeAll(OTHERS);
        long archive = rows.entrySet().stream()
                .filter(table -> ARCHIVE.contains(table.getKey().replaceFirst("_\\d.*", "")))
                .mapToLong(Map.Entry::getValue)
                .sum();
        long all = rows.values().stream().mapToLong(Long::longValue).sum();
        Cost cost = new Cost(sums, statements, writes, all - archive, archive, seconds);
        System.out.println("EventCostIT: " + what + ": " + cost + " " + rows);
        assertThat(sums.accepted() + sums.duplicate() + sums.filtered()).isEqualTo(EVENTS);
        return cost;
    }

    private static IntFunction<EventClaims> plain(String name, int articles) {
        Instant issued = Instant.now();
        return view -> EventClaims.of(name + "-" + view % articles, "/" + view % articles, name + "-" + view, issued);
    }

    /** The same with a source and a visitor; one event in twelve is a robot's. */
    private static IntFunction<EventClaims> known(String name, int articles) {
        IntFunction<EventClaims> plain = plain(name, articles);
        return view -> plain.apply(view)
                .with("vis", "visitor-" + name + "-" + view / 3)
                .with("ref", REFERRERS.get(view % REFERRERS.size()))
                .with("ua", view % 12 == 0 ? ROBOT : null);
    }

    @Test
    void sourcesVisitsAndFiltersCostTheLedgerNothing() throws Exception {
        cost("warm-up", plain("warm", GROUP));
        Cost plain = cost("plain", plain("plain", GROUP));
        Cost known = cost("with sources, visits and filters", known("known", GROUP));
        assertThat(known.sums().filtered()).isEqualTo(EVENTS / 12);
        for (Cost cost : List.of(plain, known)) {
            assertThat(cost.ledgerRows()).as("below 1 %%: %s", cost).isLessThan(EVENTS / 100);
            assertThat(cost.writes()).as("below 0.1 per mille: %s", cost).isLessThan(EVENTS / 10_000);
        }
        assertThat(known.ledgerRows()).isEqualTo(plain.ledgerRows());
        assertThat(known.writes()).isLessThanOrEqualTo(plain.writes() + SLACK);
    }

    @Test
    void aGroupOfArticlesThatGoesViralCostsNoMoreStatementsThanOne() throws Exception {
        Cost one = cost("one article", known("one", 1));
        Cost group = cost(GROUP + " articles", known("group", GROUP));
        assertThat(group.writes()).isLessThanOrEqualTo(one.writes() + SLACK);
        assertThat(group.ledgerRows()).isLessThan(EVENTS / 100);
    }
}
