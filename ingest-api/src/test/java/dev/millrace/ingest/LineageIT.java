package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.Retention;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.Partition;
import dev.millrace.counters.Sealing;
import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.RealServers;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.XTrimArgs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a node does when the history it counts by is another one, or is broken by somebody's hand. */
class LineageIT {
    private static final String CREATOR = "c-1";
    private static final Partition PARTITION = Partition.of(CREATOR);
    private static final String LOG = PARTITION.log(Retention.SHORT);

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

    @Test
    void whatWasCountedBeforeANewLineageStaysADuplicateAndTheRestCounts() {
        String batch = views("before", 0, 300);
        assertThat(Await.taken(ingest, batch).count("accepted")).isEqualTo(300);
        assertThat(counters.raise(61)).as("logs begun anew").isZero();
        Answer meanwhile = ingest.post(views("meanwhile", 0, 1));
        assertThat(meanwhile.status()).isEqualTo(503);
        counters.confirm();
        Answer after = Await.taken(ingest, batch + "\n" + views("after", 0, 20) + "\n" + views("meanwhile", 0, 1));
        assertThat(after.count("duplicate")).isEqualTo(300);
        assertThat(after.count("accepted")).isEqualTo(21);
        assertExactly(321);
    }

    /** Trimmed as seal.lua trims, and others have counted since: the log can't be gone on from there. */
    @Test
    void aNodeWhosePositionIsTrimmedReadsTheLogAnew() {
        String old = views("old", 0, 10);
        assertThat(Await.taken(ingest, old).count("accepted")).isEqualTo(10);
        long floor = counters.second() + 1;
        counters.redis().xtrim(LOG, XTrimArgs.Builder.maxlen(0));
        counters.redis().hset(PARTITION.ctl(), Map.of("short.length", "0", "short.floor", Long.toString(floor)));
        Await.until(counters::second, second -> second >= floor);
        String others = views("others", 60, 30);
        try (RunningIngest other = new RunningIngest(RealServers.redisUrl())) {
            assertThat(other.post(others).count("accepted")).isEqualTo(30);
        }
        assertThat(Await.taken(ingest, views("later", 60, 5)).count("accepted")).isEqualTo(5);
        assertThat(Await.taken(ingest, others).count("duplicate")).isEqualTo(30);
        assertThat(Await.taken(ingest, old).body()).contains("token-superseded").contains("\"accepted\":0");
        assertExactly(45);
    }

    enum Damage {
        TRIMMED,
        TAIL_DELETED,
        MIDDLE_DELETED,
        DELETED,
        ALL_DELETED,
        OTHER_TYPE,
        ENTRY_ADDED,
        ENTRY_FROM_THE_FUTURE,
        ID_FROM_THE_FUTURE
    }

    /** Until a worker has begun the log anew nothing counts; then what is out is refused, and what is new counts. */
    @ParameterizedTest
    @EnumSource
    void byALogThatIsNotTheOneThatWasWrittenNothingCounts(Damage damage) {
        String out = views("out", 0, 10);
        assertNothingCounts(damage, out);
        assertThat(counters.raise(1)).as("logs begun anew").isEqualTo(1);
        counters.confirm();
        Answer superseded = Await.taken(ingest, out);
        assertThat(superseded.status()).as(superseded.body()).isEqualTo(422);
        assertThat(superseded.body()).contains("token-superseded");
        long since = Long.parseLong(counters.redis().hget(PARTITION.ctl(), Ctl.SINCE));
        Await.until(counters::second, second -> second >= since + 1);
        assertThat(Await.taken(ingest, views("later", 60, 5)).count("accepted")).isEqualTo(5);
        assertThat(Await.taken(ingest, views("before", 0, 1, 0)).count("accepted"))
                .as("what the lost log held is not paid again")
                .isZero();
        assertExactly(8);
    }

    /** Three events count, then the log is damaged, then these do not. */
    private void assertNothingCounts(Damage damage, String out) {
        for (int i = 0; i < 3; i++) {
            assertThat(Await.taken(ingest, views("before", i, 1, 0)).count("accepted"))
                    .isEqualTo(1);
        }
        Map<String, String> ctl = counters.redis().hgetall(PARTITION.ctl());
        damage(damage);
        for (int i = 0; i < 3; i++) {
            Answer refused = ingest.post(out);
            assertThat(refused.status()).as(refused.body()).isEqualTo(503);
        }
        // By the script, or by the node once it has read the log.
        String detail = Await.until(
                () -> ingest.post(out).detail(),
                d -> d.contains("is not what was written there")
                        || d.contains("a log in Redis is not the one that was written"));
        assertThat(detail).startsWith(PARTITION + ": ").containsOnlyOnce(PARTITION.toString());
        assertThat(ingest.metric("millrace_counters_corrupt_total")).isPositive();
        assertThat(counters.redis().hgetall(PARTITION.ctl()))
                .as("nothing changed")
                .isEqualTo(ctl);
        assertExactly(3);
    }

    private void damage(Damage damage) {
        List<StreamMessage<String, String>> entries =
                counters.redis().xrange(LOG, Range.unbounded(), Limit.unlimited());
        long future = (counters.second() + 3_600) * 1_000;
        switch (damage) {
            case TRIMMED -> counters.redis().xtrim(LOG, XTrimArgs.Builder.maxlen(1));
            case TAIL_DELETED -> counters.redis().xdel(LOG, entries.getLast().getId());
            case MIDDLE_DELETED -> counters.redis().xdel(LOG, entries.get(1).getId());
            case DELETED -> counters.redis().del(LOG);
            case ALL_DELETED -> // it keeps its last ID
                counters.redis()
                        .xdel(LOG, entries.stream().map(StreamMessage::getId).toArray(String[]::new));
            case OTHER_TYPE -> counters.redis().set(LOG, "nonsense");
            case ENTRY_ADDED -> counters.redis().xadd(LOG, "f", "nonsense");
            case ENTRY_FROM_THE_FUTURE ->
                counters.redis().xadd(LOG, new XAddArgs().id(future + "-0"), Map.of("f", "nonsense"));
            case ID_FROM_THE_FUTURE ->
                counters.redis()
                        .eval(
                                "return redis.call('XSETID', KEYS[1], ARGV[1])",
                                ScriptOutputType.STATUS,
                                new String[] {LOG},
                                future + "-0");
        }
    }

    /** A worker that remembers for less than before: what could have counted before is refused from then on. */
    @Test
    void whatIsBelowTheFloorIsRefusedAndNeverPaidAgain() {
        List<String> old = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            old.add(views("old-" + i, -i, 30));
        }
        old.forEach(batch ->
                assertThat(Await.taken(ingest, batch).count("accepted")).isEqualTo(30));
        long floor = counters.second();
        counters.seal(new Sealing.Spans(Duration.ZERO, Duration.ofDays(32)));
        Partition.all()
                .forEach(partition -> assertThat(Long.parseLong(counters.redis().hget(partition.ctl(), "short.floor")))
                        .isGreaterThanOrEqualTo(floor));
        String never = views("never-counted", 0, 10);
        Answer refused = Await.until(() -> ingest.post(never), answer -> answer.status() == 422);
        assertThat(refused.count("rejected")).isEqualTo(10);
        assertThat(refused.body()).contains("token-superseded");
        for (String batch : old) {
            Answer again = ingest.post(batch);
            assertThat(again.body()).doesNotContain("\"status\":\"accepted\"");
        }
        assertThat(Await.taken(ingest, views("new", 60, 10)).count("accepted")).isEqualTo(10);
        assertThat(counters.earned(1, CREATOR)).isEqualTo(300_000);
        assertThat(counters.earned(2, CREATOR)).isEqualTo(10_000);
    }

    private void assertExactly(long events) {
        assertThat(counters.earned(1, CREATOR)).isEqualTo(events * 1_000);
        assertThat(counters.earned(1, Ctl.EPOCH_EVENTS)).isEqualTo(events);
        assertThat(counters.units(1, "demo|c-1|/a|view|1")).isEqualTo(events);
    }

    private String views(String name, long issued, int count) {
        return views(name, 0, count, issued);
    }

    /** Of tokens that were issued so many seconds from now. */
    private String views(String name, int first, int count, long issued) {
        long now = counters.second() + issued;
        return IntStream.range(first, first + count)
                .mapToObj(i -> Tokens.view(CREATOR, name + "-" + i, now, now + 3_600))
                .collect(Collectors.joining("\n"));
    }
}
