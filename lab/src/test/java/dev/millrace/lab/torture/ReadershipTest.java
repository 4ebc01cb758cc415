package dev.millrace.lab.torture;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import dev.millrace.common.token.Kid;
import dev.millrace.lab.torture.Oracle.Cell;
import dev.millrace.local.mint.TokenMint;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ReadershipTest {
    private static final int EVENTS = 20_000;
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-24T10:00:00Z"), ZoneOffset.UTC);

    private final Readership readership = new Readership(
            new SplittableRandom(1),
            IntStream.range(0, Cell.PUBLISHERS)
                    .mapToObj(i -> TokenMint.forPublisher(new Kid(Cell.publisher(i), 1), "secret"))
                    .toList(),
            CLOCK,
            "test-");

    @Test
    void noTwoEventsAreTheSame() {
        List<Readership.Event> events =
                Stream.generate(readership::next).limit(EVENTS).toList();
        assertThat(new HashSet<>(events.stream().map(Readership.Event::json).toList()))
                .hasSize(EVENTS);
    }

    @Test
    void typesAreMixedAndPricesDiffer() {
        List<Readership.Event> events =
                Stream.generate(readership::next).limit(EVENTS).toList();
        Set<String> types = events.stream()
                .map(event -> JsonMapper.shared().readTree(event.json()))
                .map(json -> json.path("type").asString(""))
                .collect(Collectors.toSet());
        assertThat(types).containsExactlyInAnyOrder("view", "read", "scroll", "reaction", "search_visit", "comment");
        assertThat(events).extracting(Readership.Event::micros).contains(1_000L, 200L, 100L, 500L, 2_500L, 5_000L);
        assertThat(events)
                .filteredOn(event -> !event.filtered())
                .allMatch(event -> (event.micros() > 0) == event.again().isEmpty() && event.micros() <= 5_000);
        assertThat(events)
                .filteredOn(Readership.Event::filtered)
                .hasSizeGreaterThan(100)
                .allMatch(event -> event.micros() == 0 && event.units() == 0 && !event.begins());
    }

    @Test
    void whoReactsOnceMoreDoesSoUnderANewTokenOfTheSameVisitorAndArticle() {
        List<Readership.Event> events =
                Stream.generate(readership::next).limit(EVENTS).toList();
        Set<List<String>> reactions = new HashSet<>();
        Set<String> tokens = new HashSet<>();
        int again = 0;
        for (Readership.Event event : events) {
            JsonNode json = JsonMapper.shared().readTree(event.json());
            String token = json.path("token").asString();
            JsonNode claims = claims(token);
            if (json.path("type").asString().equals("reaction") && claims.has("vis")) {
                assertThat(tokens.add(token)).isTrue();
                List<String> reaction = List.of(
                        claims.path("vis").asString(),
                        claims.path("art").asString(),
                        json.path("key").asString());
                assertThat(reactions.add(reaction))
                        .as(reaction.toString())
                        .isEqualTo(event.again().isEmpty());
            } else {
                assertThat(event.again())
                        .isEqualTo(json.path("type").asString().equals("search_visit") ? "carried by a view" : "");
            }
            again += event.again().equals("new token") ? 1 : 0;
        }
        assertThat(again).isPositive();
    }

    private static JsonNode claims(String token) {
        return JsonMapper.shared()
                .readTree(Base64.getUrlDecoder()
                        .decode(Splitter.on('.').splitToList(token).get(1)));
    }

    @Test
    void aFewCreatorsGetMostOfTheReaders() {
        Set<String> popularCreators =
                IntStream.range(0, Cell.CREATORS / 10).mapToObj(Cell::creator).collect(Collectors.toSet());
        long popular = Stream.generate(readership::next)
                .limit(EVENTS)
                .filter(event -> popularCreators.contains(event.cell().creator()))
                .count();
        assertThat(popular).isGreaterThan(EVENTS / 2);
    }
}
