package dev.millrace.counters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.Kid;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VerdictsIT extends OnRedis {
    private static final long HOUR = 500_000;
    private static final Kid KID = new Kid("demo", 1);
    private static final Partition PARTITION = Verdicts.partition("demo");

    @BeforeEach
    void empty() {
        redis.plain().flushall();
    }

    private static Link link() {
        return redis.connections().required(PARTITION);
    }

    private static void write(String node, Verdicts.Hour... hours) {
        Verdicts.write(link(), node, List.of(hours), List.of()).join();
    }

    private static void last(String node, boolean first, String... lines) {
        Verdicts.write(link(), node, List.of(), List.of(new Verdicts.Last(KID, String.join("\n", lines), first)))
                .join();
    }

    private static Verdicts.Hour hour(long hour, Map<String, Long> counts) {
        return new Verdicts.Hour("demo", hour, counts, true);
    }

    @Test
    void nodesAreSummedAndWhatIsWrittenTwiceCountsOnce() {
        write("n1", hour(HOUR, Map.of("accepted", 3L, "filtered:robot", 1L)));
        write("n1", hour(HOUR, Map.of("accepted", 3L, "filtered:robot", 1L)));
        write("n2", hour(HOUR, Map.of("accepted", 4L)), hour(HOUR + 1, Map.of("duplicate", 5L)));
        assertThat(Verdicts.publishers(link(), PARTITION, HOUR)).containsExactly("demo");
        assertThat(Verdicts.hour(link(), HOUR, List.of("demo", "other")))
                .isEqualTo(Map.of("demo", Map.of("accepted", 7L, "filtered:robot", 1L)));
        assertThat(Verdicts.hours(link(), "demo", List.of(HOUR - 1, HOUR, HOUR + 1), "n3", Map.of()))
                .isEqualTo(
                        Map.of(HOUR, Map.of("accepted", 7L, "filtered:robot", 1L), HOUR + 1, Map.of("duplicate", 5L)));
    }

    @Test
    void aNodeKnowsItsOwnBetterThanRedis() {
        write("n1", hour(HOUR, Map.of("accepted", 3L, "duplicate", 9L)));
        write("n2", hour(HOUR, Map.of("accepted", 10L)));
        assertThat(Verdicts.hours(
                        link(),
                        "demo",
                        List.of(HOUR, HOUR + 1),
                        "n1",
                        Map.of(
                                HOUR,
                                Map.of("accepted", 5L, "filtered:self", 1L),
                                HOUR + 1,
                                Map.of("accepted", 1L),
                                HOUR + 2,
                                Map.of("accepted", 1L))))
                .isEqualTo(Map.of(
                        HOUR,
                        Map.of("accepted", 15L, "duplicate", 9L, "filtered:self", 1L),
                        HOUR + 1,
                        Map.of("accepted", 1L)));
    }

    @Test
    void allOfItExpires() {
        write("n1", hour(HOUR, Map.of("accepted", 3L)));
        last("n1", true, "1800000000 1 view accepted");
        Map<String, Long> spans = redis.plain().keys("*").stream()
                .collect(Collectors.toMap(key -> key, key -> redis.plain().ttl(key)));
        assertThat(spans.keySet())
                .containsExactlyInAnyOrder(
                        PARTITION.tag() + "verdicts:500000",
                        PARTITION.tag() + "verdicts:500000:demo",
                        PARTITION.tag() + "last:demo.1");
        assertThat(spans.get(PARTITION.last(KID))).isBetween(86_300L, 86_400L);
        assertThat(spans.get(PARTITION.verdicts(HOUR))).isBetween(172_700L, 172_800L);
        assertThat(spans.get(PARTITION.verdicts(HOUR, "demo"))).isBetween(172_700L, 172_800L);
    }

    @Test
    void whatSomebodyHasEditedIsLeftOut() {
        String key = PARTITION.verdicts(HOUR, "demo");
        long most = 999_999_999_999_999_999L;
        write("n1", hour(HOUR, Map.of("accepted", 3L)));
        Map<String, String> edited = new HashMap<>();
        edited.put("accepted|a", "-1");
        edited.put("accepted|b", "x");
        edited.put("accepted|c", "99999999999999999999999");
        edited.put("accepted", "5");
        edited.put("<script>|n1", "5");
        edited.put("rejected:|n1", "5");
        edited.put("", "5");
        IntStream.range(0, 10).forEach(i -> edited.put("duplicate|" + i, Long.toString(most)));
        redis.plain().hset(key, edited);
        assertThat(Verdicts.hour(link(), HOUR, List.of("demo")))
                .isEqualTo(Map.of("demo", Map.of("accepted", 3L, "duplicate", Long.MAX_VALUE)));
    }

    @Test
    void aNodeWritesItsOwnLastVerdictsAnew() {
        last("n1", true, "1800000000 1 view accepted");
        last("n2", true, "1800000005 2 view accepted");
        last("n1", false, "1800000009 4 view accepted", "1800000001 1 read duplicate");
        assertThat(LastVerdict.merge(Verdicts.last(link(), KID).values()))
                .containsExactly(
                        new LastVerdict(1_800_000_009, 6, "view", "accepted"),
                        new LastVerdict(1_800_000_001, 1, "read", "duplicate"));
    }

    @Test
    void startsOfNodesDoNotPileUp() {
        for (int node = 0; node < 40; node++) {
            last("n" + node, true, 1_800_000_000 + node + " 1 view accepted");
            last("n" + node, false, 1_800_000_000 + node + " 2 view accepted");
        }
        assertThat(redis.plain().hkeys(PARTITION.last(KID)))
                .hasSize(Verdicts.MOST_NODES)
                .contains("n39", "n24")
                .doesNotContain("n23");
    }

    @Test
    void editedLastVerdictsAreLeftOut() {
        last("n1", true, "1800000000 1 view accepted");
        redis.plain()
                .hset(
                        PARTITION.last(KID),
                        Map.of(
                                "a",
                                "x",
                                "b",
                                "1 1 <b> accepted\n-1 1 view accepted\n9999999999999 1 view accepted\n\n5 1 view accepted:",
                                "c",
                                "y".repeat(1_000_000)));
        assertThat(LastVerdict.merge(Verdicts.last(link(), KID).values()))
                .containsExactly(new LastVerdict(1_800_000_000, 1, "view", "accepted"));
    }
}
