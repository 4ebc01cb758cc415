package dev.millrace.counters;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code visitors.lua} and the key of the day. */
class VisitorsIT extends OnRedis {
    private static final long HOUR = 3_600;
    private static final long SECOND = 1_000 * HOUR + 100;
    private static final long NETWORK = 0x2a;

    @BeforeEach
    void empty() {
        redis.plain().flushall();
    }

    private static boolean admit(long network, int visitor, long second) {
        return Visitors.admit(redis.connections().required(Visitors.partition(network)), network, visitor, 2, second);
    }

    @Test
    void aNetworkHasSoManyVisitorsInAnHourAndTheyComeAgain() {
        assertThat(IntStream.of(1, 1, 2, 3, 1, 2, 3).mapToObj(visitor -> admit(NETWORK, visitor, SECOND)))
                .containsExactly(true, true, true, false, true, true, false);
        assertThat(admit(NETWORK + 1, 3, SECOND)).as("another network").isTrue();
        assertThat(admit(NETWORK, 3, SECOND + HOUR)).as("the next hour").isTrue();
        assertThat(admit(NETWORK, 3, SECOND)).isFalse();
    }

    @Test
    void theCountIsGoneWithTheHour() {
        admit(NETWORK, 1, SECOND);
        assertThat(redis.plain().keys("*")).containsExactly("{p10c}:visitors:1000:2a");
        assertThat(redis.plain().ttl("{p10c}:visitors:1000:2a")).isBetween(3_490L, 3_500L);
        admit(-NETWORK, 1, 1_001 * HOUR - 1);
        assertThat(redis.plain().pttl(Visitors.partition(-NETWORK).visitors(1_000, -NETWORK)))
                .as("the last second")
                .isBetween(-2L, 1_000L);
    }

    @Test
    void callsAtTheSameTimeCountNoVisitorTooMany() {
        List<CompletableFuture<Boolean>> answers = IntStream.range(0, 50)
                .mapToObj(visitor -> CompletableFuture.supplyAsync(() -> admit(NETWORK, visitor, SECOND)))
                .toList();
        assertThat(answers.stream().filter(CompletableFuture::join)).hasSize(2);
    }

    @Test
    void theFirstKeyOfADayIsTheKey() {
        Link link = redis.connections().required(Visitors.OF_KEYS);
        String first = "a".repeat(Visitors.KEY_CHARACTERS);
        String second = "b".repeat(Visitors.KEY_CHARACTERS);
        assertThat(Visitors.keyOfDay(link, 5, first)).isEqualTo(first);
        assertThat(Visitors.keyOfDay(link, 5, second)).isEqualTo(first);
        assertThat(Visitors.keyOfDay(link, 6, second)).isEqualTo(second);
        assertThat(redis.plain().ttl(Visitors.OF_KEYS.visitorKey(5))).isBetween(172_000L, 172_800L);
    }
}
