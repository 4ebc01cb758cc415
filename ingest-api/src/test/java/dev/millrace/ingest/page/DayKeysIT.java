package dev.millrace.ingest.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.base.Ticker;
import dev.millrace.common.key.HmacSha256;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisSettings;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.local.testing.RealServers;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DayKeysIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final byte[] TEXT = {1, 2, 3};
    private static final String KEY = "{p00an}:visitor-key:7";

    private final AtomicLong nanos = new AtomicLong();
    private RedisClient client;
    private RedisCommands<String, String> plain;
    private RedisConnections redis;
    private DayKeys one;
    private DayKeys another;

    @BeforeEach
    void connect() {
        RealServers.flushRedis();
        String url = RealServers.redisUrl();
        client = RedisClient.create(url);
        plain = client.connect().sync();
        redis = new RedisConnections(new RedisSettings(url, PATIENCE, PATIENCE), Ticker.systemTicker());
        redis.look();
        one = node();
        another = node();
    }

    private DayKeys node() {
        return new DayKeys(redis, new Ticker() {
            @Override
            public long read() {
                return nanos.get();
            }
        });
    }

    @AfterEach
    void close() {
        redis.close();
        client.shutdown();
    }

    private static byte[] hash(HmacSha256 key) {
        return key.of(TEXT);
    }

    @Test
    void allNodesHaveOneKeyADayAndItIsGoneTwoDaysLater() {
        assertThat(hash(one.of(7))).isEqualTo(hash(another.of(7)));
        assertThat(hash(one.of(8))).isNotEqualTo(hash(another.of(7))).isEqualTo(hash(another.of(8)));
        assertThat(plain.strlen(KEY)).isPositive();
        assertThat(plain.ttl(KEY)).isBetween(172_000L, 172_800L);
    }

    @Test
    void aKeyThatRedisHasLostComesBackFromANodeThatKnowsIt() {
        byte[] before = hash(one.of(7));
        plain.del(KEY);
        assertThat(hash(one.of(7))).as("the node remembers it").isEqualTo(before);
        assertThat(plain.exists(KEY)).isZero();
        nanos.addAndGet(Duration.ofMinutes(1).toNanos());
        assertThat(hash(one.of(7))).isEqualTo(before);
        assertThat(hash(another.of(7))).isEqualTo(before);
    }

    @Test
    void whereAnotherNodeWasFasterItsKeyIsTakenWithinAMinute() {
        byte[] before = hash(one.of(7));
        plain.del(KEY);
        byte[] after = hash(another.of(7));
        assertThat(after).isNotEqualTo(before);
        nanos.addAndGet(Duration.ofMinutes(1).toNanos());
        assertThat(hash(one.of(7))).isEqualTo(after);
    }

    @Test
    void aKeyThatSomebodyHasEditedIsNone() {
        plain.set(KEY, "short");
        assertThatThrownBy(() -> one.of(7))
                .isInstanceOf(RedisUnavailableException.class)
                .hasMessage(KEY + " in Redis has 5 characters and not 43; delete it");
    }
}
