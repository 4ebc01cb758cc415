package dev.millrace.ledger.verdict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.books.VerdictHours;
import dev.millrace.books.VerdictHours.Count;
import dev.millrace.common.token.Kid;
import dev.millrace.counters.Verdicts;
import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.ledger.Stores;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

@Timeout(300)
class VerdictsIT {
    private Stores stores;
    private RunningLedger ledger;
    private VerdictHours books;

    @BeforeEach
    void start() {
        stores = Stores.fresh(12);
        stores.openCounters();
        stores.publisher("other");
        stores.owner()
                .sql(
                        "INSERT INTO publisher_key (publisher, number) VALUES ('demo', 1), ('demo', 2), ('demo', 3), ('other', 1) ON CONFLICT DO NOTHING")
                .update();
        ledger = RunningLedger.start(stores, Map.of());
        books = new VerdictHours(stores.settler());
    }

    @AfterEach
    void stop() {
        ledger.close();
    }

    private Answer get(String rest) {
        return ledger.get("/v1/publishers/demo/verdicts" + rest, RunningLedger.scoped("somebody", "publisher:demo"));
    }

    private static Instant at(long hour) {
        return Instant.ofEpochSecond(hour * 3_600);
    }

    private static long thisHour() {
        return Instant.now().getEpochSecond() / 3_600;
    }

    private static List<String> hours(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return StreamSupport.stream(answer.json().get("hours").spliterator(), false)
                .map(hour -> hour.get("hour").asString())
                .toList();
    }

    // ------------------------------------------------------------------------------------------ hours

    @Test
    void theHoursAreTheContractsToTheLetter() {
        LocalDate day = LocalDate.now(ZoneOffset.UTC).minusDays(1);
        long hour = day.atTime(18, 0).toEpochSecond(ZoneOffset.UTC) / 3_600;
        books.keep(List.of(
                new Count("demo", hour, "accepted", 12),
                new Count("demo", hour, "duplicate", 3),
                new Count("demo", hour, "filtered:robot", 2),
                new Count("demo", hour, "rejected:token-signature", 4),
                new Count("demo", hour, "rejected:token-expired", 1),
                new Count("demo", hour - 5, "rejected:key-revoked", 7),
                new Count("other", hour, "accepted", 99)));
        assertThat(get("?from=%1$s&to=%1$s".formatted(day)).text())
                .isEqualTo(("{\"publisher\":\"demo\",\"from\":\"%1$sT00:00:00Z\",\"to\":\"%2$sT00:00:00Z\",\"hours\":["
                                + "{\"hour\":\"%1$sT18:00:00Z\",\"accepted\":12,\"duplicate\":3,\"filtered\":{\"robot\":2},"
                                + "\"rejected\":{\"token-expired\":1,\"token-signature\":4}},"
                                + "{\"hour\":\"%1$sT13:00:00Z\",\"accepted\":0,\"duplicate\":0,\"filtered\":{},\"rejected\":{\"key-revoked\":7}}]}")
                        .formatted(day, day.plusDays(1)));
    }

    @Test
    void withoutARangeItIsTheLast24Hours() {
        long hour = thisHour();
        List<Count> counts = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            counts.add(new Count("demo", hour - i, "accepted", i + 1));
        }
        books.keep(counts);
        List<String> hours = hours(get(""));
        assertThat(hours)
                .as("a turn of the hour meanwhile leaves the first one out")
                .hasSizeBetween(23, 24)
                .first()
                .isEqualTo(at(hour).toString());
        assertThat(hours(get("?from=%s&to=%s".formatted(at(hour - 29), at(hour - 27)))))
                .containsExactly(at(hour - 28).toString(), at(hour - 29).toString());
    }

    /** What JSON's readers round is a text, as everywhere here. */
    @Test
    void hugeCountsAreExact() {
        long hour = thisHour();
        books.keep(List.of(
                new Count("demo", hour, "accepted", Long.MAX_VALUE),
                new Count("demo", hour, "filtered:rate", Long.MAX_VALUE)));
        JsonNode shown = get("").json().get("hours").get(0);
        assertThat(shown.get("accepted").asString()).isEqualTo("9223372036854775807");
        assertThat(shown.get("filtered").get("rate").asString()).isEqualTo("9223372036854775807");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "?from=2026-10-01&to=2026-11-30",
                "?from=2026-11-30&to=2026-11-29",
                "?from=yesterday",
                "?to=2026-11-31",
                "?from=%00",
                "?from="
            })
    void aRangeThatIsNoneIsRefused(String query) {
        Answer answer = get(query);
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.json().get("code").asString()).isEqualTo("range-invalid");
    }

    // ------------------------------------------------------------------------------------------ the last verdicts

    private void last(Kid kid, String node, String... lines) {
        stores.redis().hset(Verdicts.partition(kid.publisher()).last(kid), node, String.join("\n", lines));
    }

    @Test
    void theLastVerdictsAreThoseOfEachKeyAndOfAllNodes() {
        last(
                new Kid("demo", 1),
                "a",
                "1796064662 3 view rejected:token-expired",
                "1796064600 1 page rejected:origin-not-listed");
        last(new Kid("demo", 1), "b", "1796064661 2 view accepted", "1796064601 1 read filtered:robot");
        last(new Kid("demo", 3), "a", "1796064662 1 view duplicate", "no verdict");
        last(new Kid("demo", 4), "a", "1796064662 1 view duplicate");
        last(new Kid("other", 1), "a", "1796064662 1 view accepted");
        assertThat(get("/last").text())
                .isEqualTo(
                        "{\"publisher\":\"demo\",\"keys\":[{\"kid\":\"demo.1\",\"last\":["
                                + "{\"at\":\"2026-11-30T18:51:02Z\",\"type\":\"view\",\"status\":\"rejected\",\"code\":\"token-expired\",\"count\":3},"
                                + "{\"at\":\"2026-11-30T18:51:01Z\",\"type\":\"view\",\"status\":\"accepted\",\"count\":2},"
                                + "{\"at\":\"2026-11-30T18:50:01Z\",\"type\":\"read\",\"status\":\"filtered\",\"reason\":\"robot\",\"count\":1},"
                                + "{\"at\":\"2026-11-30T18:50:00Z\",\"type\":\"page\",\"status\":\"rejected\",\"code\":\"origin-not-listed\",\"count\":1}]},"
                                + "{\"kid\":\"demo.3\",\"last\":[{\"at\":\"2026-11-30T18:51:02Z\",\"type\":\"view\",\"status\":\"duplicate\",\"count\":1}]}]}");
    }

    @Test
    void withoutAnyThereAreNone() {
        assertThat(get("/last").text()).isEqualTo("{\"publisher\":\"demo\",\"keys\":[]}");
        assertThat(hours(get(""))).isEmpty();
    }

    @Test
    void anEditedKeyIs503() {
        stores.redis().set(Verdicts.partition("demo").last(new Kid("demo", 1)), "somebody was here");
        Answer answer = get("/last");
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.json().get("code").asString()).isEqualTo("counters-unavailable");
    }

    // ------------------------------------------------------------------------------------------ who may ask

    @ParameterizedTest
    @ValueSource(strings = {"", "/last"})
    void itIsThePublishersOwn(String rest) {
        String path = "/v1/publishers/demo/verdicts" + rest;
        for (String scope : List.of("publisher:demo", "ledger.read", "ledger.admin")) {
            assertThat(ledger.get(path, RunningLedger.scoped("somebody", scope)).status())
                    .as(scope)
                    .isEqualTo(200);
        }
        for (String scope : List.of("publisher:other", "publisher-keys:demo", "ledger.money", "ledger.keys")) {
            assertThat(ledger.get(path, RunningLedger.scoped("demo", scope)).status())
                    .as(scope)
                    .isEqualTo(403);
        }
        assertThat(ledger.get(path, "").status()).isEqualTo(401);
        Answer unknown =
                ledger.get("/v1/publishers/nobody/verdicts" + rest, RunningLedger.scoped("somebody", "ledger.read"));
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.json().get("code").asString()).isEqualTo("publisher-unknown");
    }
}
