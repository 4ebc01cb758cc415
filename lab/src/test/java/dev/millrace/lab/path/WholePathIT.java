package dev.millrace.lab.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.millrace.lab.path.Api.Answer;
import dev.millrace.lab.path.Api.Money;
import dev.millrace.lab.stack.Metrics;
import dev.millrace.local.settings.Part;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/**
 * From a reader's event to a creator's balance over the packaged services, real Redis and real Postgres. Each test has
 * creators and articles of its own, so that their order does not matter. The test that ends the stack comes last.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class WholePathIT {
    private static final Duration INTERVAL = Duration.ofSeconds(3);
    private static final int CREATORS = 50;
    private static final int FLOOD = 1_000_000;

    /** At a settlement every three seconds; at the default of sixty it is a twentieth. */
    private static final int MOST_ROWS = 1_000;

    private static final int VIEW = 1_000;

    /** Each holds 114 KiB of a heap of 384 MiB. */
    private static final int SLOW = 5_000;

    private static WholePath path;
    private static Api api;
    private static NimbusPublisher publisher;

    @BeforeAll
    static void start() throws IOException {
        long began = System.nanoTime();
        path = new WholePath("whole-path", INTERVAL);
        api = path.api();
        publisher = path.publisher("lab");
        print("everything ready after %.1f s".formatted(seconds(began)));
    }

    @AfterAll
    static void stopAndLeaveNoProcess() throws IOException {
        path.close();
    }

    @AfterEach
    void everyEventHasOneOutcomeAndEveryMicroIsSomewhere() {
        if (!path.isStopped()) {
            path.assertIdentities();
        }
    }

    /** Each service is a user of its own. */
    @AfterEach
    void redisHasRefusedNothingToAnyService() throws IOException {
        if (!path.isStopped()) {
            assertThat(path.stack().redis().line().ask("ACL LOG")).isEqualTo("*0");
        }
    }

    @Test
    void aTokenOfAnyJwtLibraryIsAcceptedAndSentTwiceIsPaidOnce() {
        String view = publisher.view("c-twice", "/a", "once");
        assertThat(api.events(view).json().get("accepted").asInt()).isEqualTo(1);
        assertThat(api.events(view).json().get("duplicate").asInt()).isEqualTo(1);
        assertThat(api.money("c-twice").total()).isEqualTo(VIEW);
        path.awaitSettled("c-twice", VIEW);
    }

    @Test
    void aKeyFromTheAdminApiIsInForceSoon() {
        assertThat(api.admin("/v1/admin/publishers", "{\"publisher\":\"admins\"}")
                        .status())
                .isEqualTo(201);
        JsonNode key = api.admin("/v1/admin/publishers/admins/keys", "").json();
        NimbusPublisher admins =
                new NimbusPublisher(key.get("kid").asString(), key.get("secret").asString());
        String view = admins.view("c-admins", "/a", "1");
        Awaitility.await()
                .atMost(Duration.ofSeconds(45)) // the promise is two, and a busy machine is no broken promise
                .until(() -> api.events(view).status() == 202);
        path.awaitSettled("c-admins", VIEW);
    }

    @Test
    void aSuspensionABudgetAndACorrectionAreInForceSoon() {
        assertThat(api.admin("/v1/admin/publishers", "{\"publisher\":\"limited\"}")
                        .status())
                .isEqualTo(201);
        JsonNode key = api.admin("/v1/admin/publishers/limited/keys", "").json();
        NimbusPublisher limited =
                new NimbusPublisher(key.get("kid").asString(), key.get("secret").asString());
        AtomicInteger numbers = new AtomicInteger();
        Supplier<Answer> view = () -> api.events(limited.view("c-limited", "/a", "" + numbers.incrementAndGet()));
        inForce("the key", view, "accepted");

        assertThat(api.change("/v1/admin/publishers/limited", "{\"state\":\"suspended\",\"reason\":\"an invoice\"}")
                        .status())
                .isEqualTo(200);
        inForce("the suspension", view, "publisher-suspended");
        assertThat(api.change("/v1/admin/publishers/limited", "{\"state\":\"active\"}")
                        .status())
                .isEqualTo(200);
        inForce("its end", view, "accepted");

        long paid = api.money("c-limited").total();
        assertThat(api.change("/v1/admin/publishers/limited", "{\"budget\":{\"total\":%d}}".formatted(paid + VIEW))
                        .status())
                .isEqualTo(200);
        inForce("the budget", view, "publisher-over-budget");
        long most = api.money("c-limited").total();
        path.awaitSettled("c-limited", most);
        long back = most - paid; // of what was accepted before the budget was in force, all but one view
        Answer correction = api.admin(
                "/v1/admin/corrections",
                "{\"publisher\":\"limited\",\"creator\":\"c-limited\",\"article\":\"/a\",\"micros\":%d,\"reason\":\"a robot\"}"
                        .formatted(back));
        assertThat(correction.status()).as(correction.body()).isEqualTo(201);
        inForce("the correction", view, "accepted");
        assertThat(api.money("c-limited").total()).isEqualTo(paid + VIEW);
        path.awaitSettled("c-limited", paid + VIEW);
    }

    /** The promise is two seconds, and a busy machine is no broken promise. */
    private static void inForce(String what, Supplier<Answer> event, String expected) {
        long began = System.nanoTime();
        Awaitility.await()
                .pollInterval(Duration.ofMillis(50))
                .atMost(Duration.ofSeconds(45))
                .until(() -> result(event.get()).equals(expected));
        print("%s is in force after %.1f s".formatted(what, seconds(began)));
    }

    /** The status of a request's only event, or its code. */
    private static String result(Answer answer) {
        JsonNode result = answer.json().path("results").path(0);
        return result.path("code").asString(result.path("status").asString(answer.problem()));
    }

    @Test
    void twoHundredCopiesAtTheSameTimeArePaidOnce() {
        String view = publisher.view("c-copies", "/a", "copied");
        List<CompletableFuture<Answer>> copies =
                IntStream.range(0, 200).mapToObj(i -> api.eventsAsync(view)).toList();
        List<Answer> answers =
                copies.stream().map(copy -> untilTaken(copy.join(), view)).toList();
        assertThat(answers).extracting(Answer::status).containsOnly(202);
        assertThat(answers.stream().mapToInt(a -> a.json().get("accepted").asInt()))
                .filteredOn(accepted -> accepted != 0)
                .containsExactly(1);
        assertThat(api.money("c-copies").total()).isEqualTo(VIEW);
        path.awaitSettled("c-copies", VIEW);
    }

    /** What a node has no time for is sent again, as its answer says: so many at once may be too many for a service that has just started. */
    private static Answer untilTaken(Answer answer, String event) {
        long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        Answer last = answer;
        while (last.status() == 429) {
            assertThat(last.body()).contains("too-many-requests");
            assertThat(System.nanoTime()).as("taken").isLessThan(deadline);
            last = api.eventsAsync(event).join();
        }
        return last;
    }

    @Test
    void moneyMovesFromPendingToSettledAndTheTotalNeverShowsAnotherValue() {
        List<BalanceWatch> seen = IntStream.range(0, 3)
                .mapToObj(round -> IntStream.range(0, 8).mapToObj(i -> "c-moving-%d-%d".formatted(round, i)))
                .flatMap(creators -> watchSettlementOf(creators.toList()))
                .toList();
        print("%d balances read on the way from pending to settled"
                .formatted(seen.stream().mapToLong(BalanceWatch::reads).sum()));
        Money pending = new Money(0, VIEW, VIEW);
        Money settled = new Money(VIEW, 0, VIEW);
        assertThat(seen)
                .extracting(BalanceWatch::states)
                .allMatch(states -> states.equals(List.of(pending, settled)) || states.equals(List.of(settled)))
                .contains(List.of(pending, settled));
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void aRealLogIsPaidToTheMicroAndNeitherASecondReplayNorARestartChangesAnything() throws IOException {
        Path log = WholePath.ROOT.resolve("../shared/data/apache_access.log").normalize();
        if (!Files.exists(log)) {
            print("SKIPPED: the replay of a real log, since there is no %s".formatted(log));
        }
        assumeThat(log).exists();
        LogCount expected = LogCount.of(log, CREATORS);
        JsonNode first = replay(log);
        print("replay: %s; expected: %d paid of %d page views"
                .formatted(first, expected.visits(), expected.pageViews()));
        assertThat(first.get("pageViews").asLong()).isEqualTo(expected.pageViews());
        assertThat(first.get("robotsSkipped").asLong()).isEqualTo(expected.robots());
        assertThat(first.get("accepted").asLong()).isEqualTo(expected.visits());
        assertBalances(expected);
        JsonNode second = replay(log);
        assertThat(second.get("accepted").asLong()).isZero();
        assertThat(second.get("duplicate").asLong()).isEqualTo(expected.pageViews());
        assertBalances(expected);
        long began = System.nanoTime();
        path.endThroughUp(() -> {
            assertBalances(expected);
            assertThat(replay(log).get("accepted").asLong()).isZero();
            assertBalances(expected);
            path.assertIdentities();
        });
        print("everything stopped, started again by up and stopped in %.1f s".formatted(seconds(began)));
    }

    @Test
    void aMillionViewsOfOneArticleLeaveAFewHundredRows() throws Exception {
        Map<String, Long> before = RowsWritten.byTable(path.stack().postgres());
        long began = System.nanoTime();
        Flood.Sums sums = new Flood(api, publisher, "c-viral").send(FLOOD);
        double sent = seconds(began);
        path.awaitSettled("c-viral", (long) FLOOD * VIEW);
        double settled = seconds(began);
        Map<String, Long> rows =
                RowsWritten.between(before, RowsWritten.byTable(path.stack().postgres()));
        long total = rows.values().stream().mapToLong(Long::longValue).sum();
        print("%,d views sent in %.1f s (%,.0f/s, %s), settled after %.1f s"
                .formatted(FLOOD, sent, FLOOD / sent, sums, settled));
        print("%d rows written, %,d events a row: %s".formatted(total, FLOOD / Math.max(1, total), rows));
        assertThat(sums.accepted() + sums.duplicate()).isEqualTo(FLOOD);
        assertThat(total).isBetween(1L, (long) MOST_ROWS);
    }

    @Test
    void whilePostgresIsDeadEventsAreAcceptedAndAfterItsReturnAllAreSettled() {
        assertThat(viewsOf("c-no-ledger", 0, 20)).containsOnly(202);
        path.stack().postgres().kill();
        assertThat(viewsOf("c-no-ledger", 20, 60)).containsOnly(202);
        Answer balance = api.balance("c-no-ledger");
        assertThat(balance.status()).isEqualTo(503);
        assertThat(balance.problem()).isEqualTo("ledger-unavailable");
        assertThat(balance.header("Retry-After")).isNotEmpty();
        path.stack().postgres().restart();
        assertThat(viewsOf("c-no-ledger", 0, 70)).containsOnly(202);
        awaitAnswer("c-no-ledger");
        path.awaitSettled("c-no-ledger", 70 * VIEW);
    }

    @Test
    void whileRedisIsDeadEventsAreRefusedInTimeAndAfterItsReturnNothingIsLostOrPaidTwice() {
        assertThat(viewsOf("c-no-counters", 0, 20)).containsOnly(202);
        path.stack().redis().kill();
        long asked = System.nanoTime();
        Answer refused = api.events(publisher.view("c-no-counters", "/a", "c-no-counters-20"));
        assertThat(seconds(asked)).isLessThan(20); // the promise is two, and a busy machine is no broken promise
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.problem()).isEqualTo("counters-unavailable");
        assertThat(refused.header("Retry-After")).matches("[1-9][0-9]?");
        assertThat(api.balance("c-no-counters").problem()).isEqualTo("counters-unavailable");
        path.stack().redis().restart();
        long back = System.nanoTime();
        IntStream.range(0, 21).forEach(i -> resendUntilCounted("c-no-counters", i));
        print("events of all partitions are accepted %.1f s after Redis is back".formatted(seconds(back)));
        awaitAnswer("c-no-counters");
        path.awaitSettled("c-no-counters", 21 * VIEW);
    }

    /** More than ingest-api's heap would have room for, if it let all of them in (decision 22). */
    @Test
    void thousandsWhoSendSlowlyEndNothing() throws IOException {
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < SLOW; i++) {
                slow.add(api.beginEvent());
            }
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
        resendUntilCounted("c-among-slow", 0);
        path.awaitSettled("c-among-slow", VIEW);
        assertThat(path.ingestLog()).contains("the heap has room for").doesNotContain("OutOfMemoryError");
    }

    @ParameterizedTest
    @EnumSource(names = {"INGEST", "WORKER", "LEDGER"})
    void aServiceHasTheMetricsThatTheDocumentsPromise(Part service) throws IOException {
        Set<String> documented = DocumentedMetrics.of(service);
        assertThat(documented).isNotEmpty();
        assertThat(api.metrics(service).sums()).containsKeys(documented.toArray(String[]::new));
    }

    @Test
    void whatIsRefusedIsCountedAsRefusedAndNotPaid() {
        String forged = new NimbusPublisher(publisher.kid(), "x".repeat(43)).view("c-forged", "/a", "1");
        String good = publisher.view("c-forged", "/a", "2");
        long received = api.metrics(Part.INGEST).whole("millrace_events_received_total");
        long rejected = api.metrics(Part.INGEST).whole("millrace_events_rejected_total");
        Answer answer = api.events("[" + String.join(",", forged, good, "{\"type\":\"view\"}", good) + "]");
        assertThat(answer.status()).isEqualTo(202);
        assertThat(answer.json().get("results").findValuesAsString("status"))
                .containsExactly("rejected", "accepted", "rejected", "duplicate");
        assertThat(answer.json().get("results").findValuesAsString("code"))
                .containsExactly("token-signature", "token-malformed");
        Metrics after = api.metrics(Part.INGEST);
        assertThat(after.whole("millrace_events_received_total") - received).isEqualTo(4);
        assertThat(after.whole("millrace_events_rejected_total") - rejected).isEqualTo(2);
        path.awaitSettled("c-forged", VIEW);
    }

    /** One view each, then every balance is read again and again at the same time until it is settled. */
    private static Stream<BalanceWatch> watchSettlementOf(List<String> creators) {
        creators.forEach(creator -> assertThat(
                        api.events(publisher.view(creator, "/a", creator)).status())
                .isEqualTo(202));
        List<CompletableFuture<BalanceWatch>> watches = creators.stream()
                .map(creator -> CompletableFuture.supplyAsync(
                        () -> BalanceWatch.untilSettled(api, creator),
                        work -> Thread.ofVirtual().start(work)))
                .toList();
        return watches.stream().map(CompletableFuture::join);
    }

    private static JsonNode replay(Path log) {
        return path.commandLine()
                .json("replay", log.toString(), "--publisher", "log", "--creators", Integer.toString(CREATORS));
    }

    private static void assertBalances(LogCount expected) {
        Map<String, Long> totals = IntStream.range(0, CREATORS)
                .mapToObj(i -> "creator-" + i)
                .filter(creator -> expected.views().containsKey(creator)
                        || api.money(creator).total() != 0)
                .collect(Collectors.toMap(
                        creator -> creator, creator -> api.money(creator).total() / VIEW));
        assertThat(totals).isEqualTo(expected.views());
    }

    /** Sends a view for each number, one request each; the statuses. */
    private static Stream<Integer> viewsOf(String creator, int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> api.events(publisher.view(creator, "/a", creator + "-" + i))
                        .status())
                .toList()
                .stream();
    }

    /** As a client does that was answered 503: the same event again. A partition is back when the worker has confirmed it. */
    private static void resendUntilCounted(String creator, int number) {
        String view = publisher.view(creator, "/a", creator + "-" + number);
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> api.events(view).status() == 202);
    }

    /** Until the ledger-service has both stores again. */
    private static void awaitAnswer(String creator) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> api.balance(creator).status() == 200);
    }

    private static double seconds(long since) {
        return Duration.ofNanos(System.nanoTime() - since).toMillis() / 1_000.0;
    }

    private static void print(String text) {
        System.out.println("WholePathIT: " + text);
    }
}
