package dev.millrace.ledger.spend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Filter;
import dev.millrace.ledger.Bookings;
import dev.millrace.ledger.Bookings.Engaged;
import dev.millrace.ledger.Bookings.Unpaid;
import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.ledger.Stores;
import dev.millrace.local.testing.Moments;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What publishers see and what creators see are the same money, to the micro: of three publishers, five creators and a sandbox. */
class BothSidesIT {
    private static final List<String> PUBLISHERS = List.of("daily", "weekly", "yearly", "test-sand");
    private static final List<String> CREATORS = List.of("c-1", "c-2", "c-3", "c-4", "c-5");
    private static final List<String> ARTICLES = List.of("/a", "/b", "=c");
    private static final List<EventType> TYPES = List.of(EventType.VIEW, EventType.READ, EventType.COMMENT);
    private static final int SETTLEMENTS = 120;
    private static final int CORRECTIONS = 30;
    private static final int FILTERINGS = 200;

    private static final Map<Share, Long> PAID = new TreeMap<>();
    private static final Map<Share, Long> BACK = new TreeMap<>();
    private static final Map<Share, Long> FILTERED = new TreeMap<>();
    private static final Map<String, Long> PAID_OUT = new TreeMap<>();

    private static RunningLedger ledger;
    private static YearMonth now;
    private static YearMonth first;

    /** A publisher's money of a creator and a month. */
    private record Share(String publisher, String creator, YearMonth month) implements Comparable<Share> {
        @Override
        public int compareTo(Share other) {
            return toString().compareTo(other.toString());
        }
    }

    @BeforeAll
    static void aQuarterOfBusiness() {
        Moments.awayFromTheEndOf(Duration.ofDays(1));
        long seed = Long.getLong("millrace.seed", 20_261_130);
        System.out.println("seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        Stores stores = Stores.fresh(10);
        stores.openCounters();
        ledger = RunningLedger.start(stores, Map.of());
        Instant today = Instant.now().truncatedTo(ChronoUnit.MICROS);
        now = YearMonth.from(today.atOffset(ZoneOffset.UTC));
        first = now.minusMonths(2);
        long days = ChronoUnit.DAYS.between(first.atDay(1), LocalDate.ofInstant(today, ZoneOffset.UTC));
        for (int i = 0; i < SETTLEMENTS; i++) {
            Instant at = today.minus(Duration.ofDays(days * (SETTLEMENTS - 1 - i) / (SETTLEMENTS - 1)));
            String publisher = pick(PUBLISHERS, random);
            EventType type = pick(TYPES, random);
            long units = random.nextLong(1, 50);
            String creator = creatorOf(publisher, random);
            stores.earn(at, publisher, creator, pick(ARTICLES, random), type, units);
            add(PAID, publisher, creator, at, units * price(type));
        }
        for (String publisher : PUBLISHERS) {
            String creator = creatorOf(publisher, random);
            new Bookings(stores)
                    .adopt(
                            "found again",
                            new Engaged(
                                    LocalDate.ofInstant(today, ZoneOffset.UTC),
                                    publisher,
                                    creator,
                                    "/a",
                                    "view",
                                    1,
                                    7,
                                    7_000));
            add(PAID, publisher, creator, today, 7_000);
        }
        SplittableRandom robots = new SplittableRandom(seed + 1);
        for (int i = 0; i < FILTERINGS; i++) {
            filter(new Bookings(stores), today.minus(Duration.ofDays(days * i / (FILTERINGS - 1))), i, robots);
        }
        int corrected = 0;
        for (int i = 0; corrected < CORRECTIONS; i++) {
            corrected += correct(i, pick(PUBLISHERS, random), random) ? 1 : 0;
        }
        payOut("c-1");
        payOut("test:c-1");
        for (int i = 0; i < 3; i++) {
            correct(1_000 + i, "daily", random);
        }
    }

    @AfterAll
    static void stop() {
        ledger.close();
    }

    /** Each on an article of its own, which nobody was paid for. */
    private static void filter(Bookings bookings, Instant at, int number, SplittableRandom random) {
        String publisher = pick(PUBLISHERS, random);
        String creator = creatorOf(publisher, random);
        Filter reason = pick(List.of(Filter.values()), random);
        EventType type = pick(TYPES, random);
        long units = random.nextLong(1, 50);
        long micros = units * price(type);
        bookings.filter(new Unpaid(
                at.atOffset(ZoneOffset.UTC).toLocalDate(),
                publisher,
                creator,
                "/robots-" + number,
                reason.wireName(),
                type.wireName(),
                1,
                units,
                micros));
        add(FILTERED, publisher, creator, at, micros);
    }

    private static long price(EventType type) {
        return switch (type) {
            case VIEW -> 1_000;
            case READ -> 200;
            default -> 50;
        };
    }

    private static <T> T pick(List<T> list, SplittableRandom random) {
        return list.get(random.nextInt(list.size()));
    }

    private static String creatorOf(String publisher, SplittableRandom random) {
        return (publisher.startsWith("test-") ? "test:" : "") + pick(CREATORS, random);
    }

    private static void add(Map<Share, Long> sums, String publisher, String creator, Instant at, long micros) {
        sums.merge(new Share(publisher, creator, YearMonth.from(at.atOffset(ZoneOffset.UTC))), micros, Math::addExact);
    }

    /** Takes something back that may not be there to be taken. */
    private static boolean correct(int number, String publisher, SplittableRandom random) {
        String creator = creatorOf(publisher, random);
        Answer answer = ledger.send(ledger.request(
                        "/v1/admin/corrections", RunningLedger.scoped("operator", "ledger.money"))
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", "both-sides-" + number)
                .POST(BodyPublishers.ofString(
                        "{\"publisher\":\"%s\",\"creator\":\"%s\",\"article\":\"%s\",\"micros\":%d,\"reason\":\"fraud\"}"
                                .formatted(publisher, creator, pick(ARTICLES, random), random.nextLong(1, 9_000)))));
        assertThat(answer.status()).as(answer.text()).isIn(201, 409);
        if (answer.status() == 409) {
            assertThat(answer.problem()).isIn("correction-exceeds-paid", "correction-below-zero");
            return false;
        }
        Instant at = Instant.parse(answer.json().get("at").asString());
        add(BACK, publisher, creator, at, answer.json().get("micros").asLong());
        return true;
    }

    /** All that is available. */
    private static void payOut(String creator) {
        Answer requested = post("/v1/admin/payouts", "{\"creator\":\"%s\"}".formatted(creator), "request-" + creator);
        assertThat(requested.status()).as(requested.text()).isEqualTo(201);
        JsonNode payout = requested.json().at("/payouts/0");
        Answer paid = post(
                "/v1/admin/payouts/" + payout.get("id").asString() + "/paid",
                "{\"reference\":\"bank\"}",
                "paid-" + creator);
        assertThat(paid.status()).as(paid.text()).isBetween(200, 204);
        PAID_OUT.put(creator, payout.get("micros").asLong());
    }

    private static Answer post(String path, String body, String key) {
        return ledger.send(ledger.request(path, RunningLedger.scoped(key, "ledger.money"))
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", key)
                .POST(BodyPublishers.ofString(body)));
    }

    private static JsonNode get(String path) {
        Answer answer = ledger.get(path, RunningLedger.reader("auditor"));
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    private static JsonNode statement(String publisher, YearMonth month) {
        return get("/v1/publishers/" + publisher + "/statements/" + month);
    }

    private static long micros(JsonNode node) {
        return node.get("micros").asLong();
    }

    /** What would have been paid. */
    private static long filtered(JsonNode node) {
        return node.get("filtered").valueStream().mapToLong(BothSidesIT::micros).sum();
    }

    /** Sums by publisher, creator and month, of one list of the statements. */
    private static Map<Share, Long> statements(String list, ToLongFunction<JsonNode> micros) {
        Map<Share, Long> sums = new TreeMap<>();
        for (String publisher : PUBLISHERS) {
            for (YearMonth month = first; !month.isAfter(now); month = month.plusMonths(1)) {
                for (JsonNode row : statement(publisher, month).get(list)) {
                    if (micros.applyAsLong(row) != 0) {
                        sums.merge(
                                new Share(publisher, row.get("creator").asString(), month),
                                micros.applyAsLong(row),
                                Math::addExact);
                    }
                }
            }
        }
        return sums;
    }

    /** Sums by publisher and creator, whatever the month. */
    private static Map<String, Long> allTime(Map<Share, Long> sums) {
        Map<String, Long> all = new TreeMap<>();
        sums.forEach((share, micros) -> all.merge(share.publisher() + " " + share.creator(), micros, Math::addExact));
        return all;
    }

    /** Each creator's engagement, of the months. */
    private static Map<Share, Long> engagement(BiFunction<JsonNode, Share, Long> micros) {
        Map<Share, Long> sums = new TreeMap<>();
        for (String creator : creators()) {
            for (YearMonth month = first; !month.isAfter(now); month = month.plusMonths(1)) {
                for (JsonNode article : get("/v1/creators/%s/engagement?from=%s&to=%s&limit=1000"
                                .formatted(creator, month.atDay(1), month.atEndOfMonth()))
                        .get("articles")) {
                    Share share = new Share(article.get("publisher").asString(), creator, month);
                    long its = micros.apply(article, share);
                    if (its != 0) {
                        sums.merge(share, its, Math::addExact);
                    }
                }
            }
        }
        return sums;
    }

    private static List<String> creators() {
        return PAID.keySet().stream().map(Share::creator).distinct().toList();
    }

    @Test
    void aStatementsRowsAreTheCreatorsEngagement() {
        assertThat(statements("rows", BothSidesIT::micros)).isEqualTo(PAID);
        assertThat(engagement((article, _) -> micros(article))).isEqualTo(PAID);
    }

    @Test
    void whatCorrectionsTookBackIsTheSameOnBothSides() {
        assertThat(statements("corrections", BothSidesIT::micros)).isEqualTo(BACK);
        assertThat(allTime(engagement((article, _) -> micros(article.get("corrected")))))
                .isEqualTo(allTime(BACK));
    }

    @Test
    void whatWasFilteredIsTheSameOnBothSides() {
        assertThat(statements("rows", BothSidesIT::filtered)).isEqualTo(FILTERED);
        assertThat(engagement((article, _) -> filtered(article))).isEqualTo(FILTERED);
        Map<String, Long> entries = new TreeMap<>();
        for (String creator : creators()) {
            String cursor = "";
            do {
                JsonNode page = get("/v1/creators/%s/entries?limit=7%s".formatted(creator, cursor));
                entries.merge(creator, filtered(page), Math::addExact);
                cursor = page.get("next").isNull()
                        ? ""
                        : "&cursor=" + page.get("next").asString();
            } while (!cursor.isEmpty());
        }
        Map<String, Long> byCreator = new TreeMap<>();
        FILTERED.forEach((share, micros) -> byCreator.merge(share.creator(), micros, Math::addExact));
        assertThat(entries).isEqualTo(byCreator);
    }

    @Test
    void entriesByPublisherAreTheStatementsBalances() {
        Map<String, Long> net = allTime(PAID);
        allTime(BACK).forEach((share, micros) -> net.merge(share, -micros, Math::addExact));
        Map<String, Long> byPublisher = new TreeMap<>();
        Map<String, Long> payouts = new TreeMap<>();
        for (String creator : creators()) {
            long sum = 0;
            for (JsonNode entry :
                    get("/v1/creators/" + creator + "/entries?limit=200").get("entries")) {
                sum += micros(entry);
                String kind = entry.get("kind").asString();
                if (kind.equals("payout")) {
                    assertThat(entry.get("publisher").isNull()).isTrue();
                    payouts.merge(creator, -micros(entry), Math::addExact);
                } else {
                    assertThat(kind).isIn("settlement", "adoption", "correction");
                    assertThat(micros(entry) < 0).isEqualTo(kind.equals("correction"));
                    byPublisher.merge(entry.get("publisher").asString() + " " + creator, micros(entry), Math::addExact);
                }
            }
            assertThat(sum)
                    .isEqualTo(
                            micros(get("/v1/creators/" + creator + "/balance").get("settled")));
        }
        assertThat(byPublisher).isEqualTo(net);
        assertThat(payouts).isEqualTo(PAID_OUT).hasSize(2);
    }

    @Test
    void monthsFollowEachOtherAndEndWithThePublishersAccount() {
        for (String publisher : PUBLISHERS) {
            long balance = 0;
            for (YearMonth month = first; !month.isAfter(now); month = month.plusMonths(1)) {
                JsonNode statement = statement(publisher, month);
                assertThat(micros(statement.get("opening"))).isEqualTo(balance);
                assertThat(micros(statement.get("spent"))).isEqualTo(of(PAID, publisher, month));
                assertThat(micros(statement.get("corrected"))).isEqualTo(of(BACK, publisher, month));
                assertThat(filtered(statement)).isEqualTo(of(FILTERED, publisher, month));
                balance += of(PAID, publisher, month) - of(BACK, publisher, month);
                assertThat(micros(statement.get("closing"))).isEqualTo(balance);
                assertThat(statement.get("final").asBoolean()).isEqualTo(isOver(month, statement));
            }
            assertThat(ledger.stores()
                            .owner()
                            .sql("SELECT -micros FROM balance JOIN account USING (account_id) WHERE name = ?")
                            .param("publisher:" + publisher)
                            .query(Long.class)
                            .single())
                    .isEqualTo(balance);
        }
    }

    /** A month is not final in its successor's first ten minutes. */
    static boolean isOver(YearMonth month, JsonNode statement) {
        Instant end = month.plusMonths(1).atDay(1).atTime(0, 10).toInstant(ZoneOffset.UTC);
        return !Instant.parse(statement.get("settledThrough").asString()).isBefore(end);
    }

    private static long of(Map<Share, Long> sums, String publisher, YearMonth month) {
        return sums.entrySet().stream()
                .filter(sum -> sum.getKey().publisher().equals(publisher)
                        && sum.getKey().month().equals(month))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    @Test
    void spendIsTheStatementsWhateverItIsGroupedBy() {
        for (String publisher : PUBLISHERS) {
            for (YearMonth month = first; !month.isAfter(now); month = month.plusMonths(1)) {
                for (String by : List.of("day", "creator", "article", "type")) {
                    JsonNode spend = get("/v1/publishers/%s/spend?by=%s&from=%s&to=%s&limit=1000"
                            .formatted(publisher, by, month.atDay(1), month.atEndOfMonth()));
                    long sum = 0;
                    long filtered = 0;
                    for (JsonNode row : spend.get("rows")) {
                        sum += micros(row);
                        filtered += filtered(row);
                    }
                    assertThat(filtered).isEqualTo(of(FILTERED, publisher, month));
                    assertThat(filtered(spend.get("total"))).isEqualTo(filtered);
                    assertThat(sum).isEqualTo(of(PAID, publisher, month));
                    assertThat(micros(spend.get("total"))).isEqualTo(sum);
                }
            }
            JsonNode all = get(
                    "/v1/publishers/%s/spend?from=%s&to=%s".formatted(publisher, first.atDay(1), now.atEndOfMonth()));
            assertThat(micros(all.at("/total/corrected")))
                    .isEqualTo(BACK.entrySet().stream()
                            .filter(back -> back.getKey().publisher().equals(publisher))
                            .mapToLong(Map.Entry::getValue)
                            .sum());
        }
    }
}
