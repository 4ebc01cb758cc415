package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Limits;
import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.RealServers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a publisher may do besides spending: it is suspended, keeps a list of creators, has a rate, or is a sandbox. */
class LimitsIT {
    private static final String LISTED = "listed";

    private static OpenCounters counters;
    private static RunningIngest ingest;

    @BeforeAll
    static void start() {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
        counters.publish(new Catalog(
                2,
                Map.of(
                        "demo",
                        limited(new Limits(null, null, null, null, null, null, null, null, null)),
                        "gone",
                        limited(new Limits(true, null, null, null, null, null, null, null, null)),
                        "back",
                        limited(new Limits(true, counters.second(), null, null, null, null, null, null, null)),
                        "test-list",
                        limited(new Limits(null, null, null, null, null, Set.of("test:c-1"), null, null, null)),
                        LISTED,
                        limited(new Limits(null, null, null, null, null, Set.of("c-1"), null, null, null)),
                        "slow",
                        limited(new Limits(null, null, null, null, 1, null, null, null, null)),
                        "slower",
                        limited(new Limits(null, null, null, null, 0, null, null, null, null))),
                OpenCounters.CATALOG.cards()));
        ingest = new RunningIngest(
                RealServers.redisUrl(), "--millrace.redis-patience=60s", "--millrace.tally-timeout=60s");
    }

    private static Catalog.Publisher limited(Limits limits) {
        return new Catalog.Publisher(List.of(1), List.of(), limits);
    }

    @AfterAll
    static void stop() {
        ingest.close();
        counters.close();
    }

    @Test
    void aSuspendedPublisherIsRefusedAndOneWhoseTimeIsOverIsNot() {
        Answer refused = ingest.post(view("gone", "c-1", "suspended"));
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.json().get("results").toString())
                .isEqualTo(
                        "[{\"status\":\"rejected\",\"code\":\"publisher-suspended\",\"detail\":\"publisher gone is suspended\"}]");
        assertThat(ingest.post(view("back", "c-1", "suspended")).count("accepted"))
                .isEqualTo(1);
    }

    @Test
    void onlyListedCreatorsArePaid() {
        Answer answer = ingest.post("[" + view(LISTED, "c-1", "listed") + "," + view(LISTED, "c-2", "listed") + "]");
        assertThat(verdicts(answer)).containsExactly("accepted", "creator-not-listed");
        Answer sandbox =
                ingest.post("[" + view("test-list", "c-1", "listed") + "," + view("test-list", "c-2", "x") + "]");
        assertThat(verdicts(sandbox)).containsExactly("accepted", "creator-not-listed");
        assertThat(counters.earned(1, "test:c-1")).isEqualTo(1_000);
    }

    @Test
    void whatIsBeyondTheRateMayBeSentAgainAndTheRestOfTheRequestCounts() {
        double before = ingest.metric("millrace_events_rejected_total{code=\"publisher-rate\"}");
        String slow = IntStream.range(0, 3)
                .mapToObj(i -> view("slow", "rate", "slow-" + i))
                .collect(Collectors.joining(","));
        Answer answer = ingest.post("[" + slow + "," + view("demo", "rate", "rate") + "]");
        assertThat(answer.status()).isEqualTo(202);
        assertThat(verdicts(answer)).containsExactly("accepted", "publisher-rate", "publisher-rate", "accepted");
        assertThat(answer.json().get("results").get(1).get("retry").asBoolean()).isTrue();
        assertThat(answer.json().get("results").get(0).get("retry")).isNull();
        assertThat(ingest.metric("millrace_events_rejected_total{code=\"publisher-rate\"}") - before)
                .isEqualTo(2);
        assertThat(counters.earned(1, "rate")).isEqualTo(2_000);
    }

    @Test
    void aRequestOfWhichAllMayBeSentAgainIs429() {
        Answer all = ingest.post("[" + view("slower", "all", "1") + "," + view("slower", "all", "2") + "]");
        assertThat(all.status()).as(all.body()).isEqualTo(429);
        assertThat(all.header("Retry-After")).isEqualTo("1");
        assertThat(all.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(all.json().get("code").asString()).isEqualTo("too-many-requests");
        assertThat(all.count("rejected")).isEqualTo(2);
        assertThat(all.count("accepted")).isZero();
        assertThat(verdicts(all)).containsExactly("publisher-rate", "publisher-rate");
        Answer mixed = ingest.post("[" + view("slower", "all", "1") + "," + view("gone", "all", "2") + "]");
        assertThat(mixed.status()).isEqualTo(422);
        assertThat(mixed.detail()).contains("those with \"retry\": true may be sent again");
        assertThat(verdicts(mixed)).containsExactly("publisher-rate", "publisher-suspended");
        double received = ingest.metric("millrace_events_received_total");
        assertThat(ingest.metric("millrace_events_accepted_total")
                        + ingest.metric("millrace_events_duplicate_total")
                        + ingest.metric("millrace_events_unavailable_total")
                        + rejected())
                .isEqualTo(received);
    }

    private static double rejected() {
        return ingest.get("/actuator/prometheus")
                .body()
                .lines()
                .filter(line -> line.startsWith("millrace_events_rejected_total{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf("} ") + 2)))
                .sum();
    }

    private static List<String> verdicts(Answer answer) {
        List<String> verdicts = new ArrayList<>();
        answer.json()
                .get("results")
                .forEach(result -> verdicts.add(
                        result.get("code") == null
                                ? result.get("status").asString()
                                : result.get("code").asString()));
        return verdicts;
    }

    private static String view(String publisher, String creator, String jti) {
        long now = counters.second();
        String token = Tokens.signed(
                "{\"alg\":\"HS256\",\"kid\":\"%s.1\"}".formatted(publisher),
                "{\"sub\":\"%s\",\"art\":\"/a\",\"jti\":\"%s\",\"iat\":%d,\"exp\":%d}"
                        .formatted(creator, jti, now, now + 3_600),
                publisher + ".1");
        return "{\"token\":\"%s\",\"type\":\"view\"}".formatted(token);
    }
}
