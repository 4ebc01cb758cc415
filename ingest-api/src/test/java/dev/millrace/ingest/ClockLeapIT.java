package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.Retention;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.Partition;
import dev.millrace.counters.Sealing;
import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.RealServers;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/**
 * Redis' clock leaps, and Redis' clock is right while nobody has watched it for long. A node and the script only ever compare Redis' second with
 * seconds that were written before, so a leap is shown by what it leaves: the partitions' clocks lie as far behind or ahead as it goes, and tokens
 * are as old as they would seem. So it is the same on every machine; a server whose clock is really turned needs a library that can turn it.
 */
@ExtendWith(OutputCaptureExtension.class)
class ClockLeapIT {
    private static final String CREATOR = "c-1";
    private static final Partition PARTITION = Partition.of(CREATOR);
    private static final long LEAP = Duration.ofMinutes(55).toSeconds();
    private static final long HOUR = 3_600;

    private OpenCounters counters;
    private RunningIngest ingest;

    @BeforeEach
    void start() {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
        ingest = new RunningIngest(RealServers.redisUrl());
    }

    @AfterEach
    void stop() {
        ingest.close();
        counters.close();
    }

    /** Two leaps ahead, home, and one back; no worker helps. */
    @Test
    void whileTheClockIsWrongNothingIsJudgedAndWhenItIsBackAllCounts(CapturedOutput output) {
        String counted = views("counted", 20, 0, HOUR);
        assertThat(Await.taken(ingest, counted).count("accepted")).isEqualTo(20);
        // By the clock that has leapt these were issued so long ago that they are expired; by the true one they are
        // good.
        String good = views("good", 20, -LEAP, HOUR / 2);
        for (long leap : new long[] {LEAP, 2 * LEAP, 0, -LEAP}) {
            setClocks(-leap);
            if (leap == 0) {
                ingest.awaitReady();
                assertThat(ingest.post(counted).count("duplicate")).isEqualTo(20);
            } else {
                assertNothingIsJudged(counted, good);
            }
        }
        setClocks(0);
        ingest.awaitReady();
        assertThat(ingest.post(counted).count("duplicate")).isEqualTo(20);
        assertThat(ingest.post(views("good", 20, 0, HOUR / 2)).count("accepted"))
                .isEqualTo(20);
        assertThat(ingest.metric("millrace_events_rejected_total{code=\"token-expired\"}"))
                .isZero();
        assertThat(ingest.metric("millrace_events_unavailable_total")).isGreaterThanOrEqualTo(6 * 20);
        assertThat(counters.earned(1, CREATOR)).isEqualTo(40_000);
        assertThat(counters.units(1, "demo|c-1|/a|view|1")).isEqualTo(40);
        assertThat(output.getOut().split("Events are refused: .*Redis' clock says", -1))
                .as("told once a time, not at every look and partition")
                .hasSizeBetween(3, 4);
        assertThat(output).contains("it is over");
    }

    private void assertNothingIsJudged(String counted, String good) {
        Await.unready(ingest, "Redis' clock says");
        Map<String, String> before = counters.redis().hgetall(PARTITION.ctl());
        for (String batch : new String[] {counted, good}) {
            Answer refused = ingest.post(batch);
            assertThat(refused.status()).as(refused.body()).isEqualTo(503);
            assertThat(refused.detail()).contains("Redis' clock says");
            assertThat(refused.header("Retry-After")).isEqualTo("2");
        }
        assertThat(counters.redis().hgetall(PARTITION.ctl()))
                .as("nothing changed")
                .isEqualTo(before);
    }

    /** As Redis' clock is now, and so many seconds from that. */
    private void setClocks(long off) {
        counters.setCtl(Ctl.CLOCK, Long.toString(counters.second() + off));
    }

    /** A partition without events looks as if the clock had leapt, unless somebody moves its clock on. Workers need the database for that. */
    @Test
    void withoutAWorkerForTwoHoursAllThatComesCountsAndNothingIsForgotten() {
        long rounds = 30;
        int each = 50;
        for (int round = 0; round < rounds; round++) {
            setClocks(-240); // four minutes have passed, in which 15 partitions have seen nothing
            assertThat(ingest.post(views("round-" + round, each, 0, HOUR)).count("accepted"))
                    .isEqualTo(each);
            long now = counters.second();
            Await.until(this::oldestClock, oldest -> oldest >= now - 60);
        }
        for (int round = 0; round < rounds; round++) {
            assertThat(ingest.post(views("round-" + round, each, 0, HOUR)).count("duplicate"))
                    .isEqualTo(each);
        }
        assertThat(counters.earned(1, CREATOR)).isEqualTo(rounds * each * 1_000);
        assertThat(counters.units(1, "demo|c-1|/a|view|1")).isEqualTo(rounds * each);
        assertThat(counters.redis().xlen(PARTITION.engage(1))).as("unfolded").isEqualTo(rounds);
        assertThat(ingest.metric("millrace_index_identities"))
                .as("untrimmed, and told")
                .isEqualTo((double) rounds * each);
        assertThat(counters.redis().hget(PARTITION.ctl(), "short.length")).isEqualTo(Long.toString(rounds));

        // A worker comes, and what is old goes.
        long last = counters.second();
        Await.until(counters::second, second -> second > last);
        counters.seal(new Sealing.Spans(Duration.ZERO, Duration.ofDays(32)));
        Await.until(() -> ingest.metric("millrace_index_identities"), identities -> identities == 0);
        assertThat(Await.taken(ingest, views("round-0", each, 0, HOUR)).body())
                .contains("token-superseded")
                .contains("\"accepted\":0");
    }

    private long oldestClock() {
        return Partition.all().stream()
                .mapToLong(partition -> Long.parseLong(counters.redis().hget(partition.ctl(), Ctl.CLOCK)))
                .min()
                .orElseThrow();
    }

    /** Nobody moves it on but where it can be believed. */
    @ParameterizedTest
    @ValueSource(longs = {-400, 400})
    void aNodeDoesNotFollowAClockThatLeapt(long off) {
        setClocks(off);
        Await.unready(ingest, "Redis' clock says");
        String clock = counters.redis().hget(PARTITION.ctl(), Ctl.CLOCK);
        double looks = ingest.metric("millrace_redis_age_seconds");
        assertThat(looks).isNotNegative();
        for (int i = 0; i < 20; i++) {
            assertThat(ingest.post(views("late", 1, 0, HOUR)).status()).isEqualTo(503);
        }
        assertThat(counters.redis().hget(PARTITION.ctl(), Ctl.CLOCK)).isEqualTo(clock);
        assertThat(counters.redis().exists(PARTITION.log(Retention.SHORT))).isZero();
    }

    /** Of tokens that were issued so many seconds from now, and are good for so long. */
    private String views(String name, int count, long issued, long lifetime) {
        long now = counters.second() + issued;
        return IntStream.range(0, count)
                .mapToObj(i -> Tokens.view(CREATOR, name + "-" + i, now, now + lifetime))
                .collect(Collectors.joining("\n"));
    }
}
