package dev.millrace.settlement.settle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.token.EventType;
import dev.millrace.counters.Partition;
import dev.millrace.local.testing.RealServers;
import dev.millrace.settlement.Counting;
import dev.millrace.settlement.RunningWorker;
import dev.millrace.settlement.crash.CrashPoint;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A worker that dies at any of its steps, and at any two of them one after the other: the next one books the exact sums. */
class CrashIT {
    /** Steps of an opening. */
    private static final Set<CrashPoint> OPENING =
            EnumSet.of(CrashPoint.OPENING, CrashPoint.OPENED, CrashPoint.CONFIRMING);

    /** Steps of a new lineage of counters that are whole. */
    private static final Set<CrashPoint> RAISING =
            EnumSet.of(CrashPoint.RAISING, CrashPoint.RAISED, CrashPoint.CONFIRMING);

    /** Two are enough: one that a dying worker has been through, and one that it has not. */
    private static final List<Integer> PARTITIONS = List.of(3, 4);

    private String database = "";
    private Counting counters;
    private Workers workers;
    private Book book;
    private long counted;
    private int events;

    @BeforeEach
    void start() {
        RealServers.flushRedis();
        database = RunningWorker.freshDatabase();
        counters = new Counting(RealServers.redisUrl());
        workers = new Workers(RealServers.redisUrl(), database, RealServers.password());
        book = new Book(database);
    }

    @AfterEach
    void stop() {
        book.close();
        workers.close();
        counters.close();
    }

    @Test
    void atEachStepOfASettlement() {
        open();
        settle();
        for (CrashPoint point : settlementPoints()) {
            count();
            crash(point);
            count();
            settle();
            assertThat(book.balance("creator:c-1"))
                    .as("after a crash at %s", point)
                    .isEqualTo(counted);
        }
        book.assertSound();
        assertThatNothingIsLeftInRedis();
    }

    /** The same with processes that end, at the steps around which something has changed in one of the stores. */
    @ParameterizedTest
    @EnumSource(names = {"SEALED", "BOOKED", "RELEASED", "COMMITTING", "COMMITTED"})
    void asAProcess(CrashPoint point) throws Exception {
        open();
        for (int i = 0; i < 2; i++) { // so that there is an epoch to give back
            count();
            settle();
        }
        count();
        Process process = DyingWorker.start(RealServers.redisUrl(), database, RealServers.password(), point);
        assertThat(process.waitFor()).isEqualTo(DyingWorker.KILLED);
        count();
        settle();
        assertThat(book.balance("creator:c-1")).isEqualTo(counted);
        book.assertSound();
    }

    @Test
    void atEachPairOfStepsOfTwoSettlements() {
        open();
        settle();
        for (CrashPoint first : settlementPoints()) {
            for (CrashPoint second : settlementPoints()) {
                count();
                crash(first);
                count();
                crash(second);
                settle();
                assertThat(book.balance("creator:c-1"))
                        .as("after crashes at %s and %s", first, second)
                        .isEqualTo(counted);
            }
        }
        book.assertSound();
        assertThatNothingIsLeftInRedis();
    }

    @Test
    void atEachPairOfStepsOfTwoOpenings() {
        open();
        for (CrashPoint first : OPENING) {
            for (CrashPoint second : OPENING) {
                count();
                settle();
                counters.redis().flushall();
                crashOpening(3, first);
                counters.redis().hdel(Partition.of(3).ctl(), "epoch");
                crashOpening(3, second);
                open();
                count();
                settle();
                assertThat(book.balance("creator:c-1"))
                        .as("after crashes at %s and %s", first, second)
                        .isEqualTo(counted);
            }
        }
        book.assertSound();
    }

    /** Another process of Redis, with all that was counted: whatever dies in between, nothing of it is lost or paid twice. */
    @Test
    void atEachPairOfStepsOfTwoNewLineages() {
        open();
        for (CrashPoint first : RAISING) {
            for (CrashPoint second : RAISING) {
                count();
                settle();
                count();
                counters.redis().hset(Partition.of(3).ctl(), "process", "the-process-before");
                crashOpening(3, first);
                crashOpening(3, second);
                assertThat(counters.count(3, "c-1", "/a", EventType.VIEW, 1, 1_000))
                        .as("not confirmed")
                        .isFalse();
                open();
                count();
                settle();
                assertThat(book.balance("creator:c-1"))
                        .as("after crashes at %s and %s", first, second)
                        .isEqualTo(counted);
            }
        }
        book.assertSound();
        assertThat(book.sql()
                        .sql("SELECT count(*) FROM partition_opening WHERE partition = 3")
                        .query(Long.class)
                        .single())
                .isEqualTo(1);
    }

    private static List<CrashPoint> settlementPoints() {
        List<CrashPoint> points = new ArrayList<>(List.of(CrashPoint.values()));
        points.removeAll(OPENING);
        points.removeAll(RAISING);
        return points;
    }

    /** Opens what is not open, and confirms what is not confirmed. */
    private void open() {
        PARTITIONS.stream()
                .filter(p -> !workers.link(p).process().equals(workers.state(p).process()))
                .forEach(workers::open);
    }

    /** An event in each partition. */
    private void count() {
        for (int partition : PARTITIONS) {
            events++;
            assertThat(counters.count(partition, "c-1", "/a-" + events % 7, EventType.VIEW, 1, 1_000))
                    .isTrue();
            counted += 1_000;
        }
    }

    private void settle() {
        assertThat(workers.settlement(CrashPoint.NOBODY).settleAll().halted()).isEmpty();
    }

    private void crash(CrashPoint point) {
        Crash crash = new Crash(point, workers.dataSource());
        assertThatThrownBy(() -> workers.settlement(crash).settleAll());
        assertThat(crash.happened()).as("reached %s", point).isTrue();
    }

    private void crashOpening(int partition, CrashPoint point) {
        Crash crash = new Crash(point, workers.dataSource());
        assertThatThrownBy(() -> workers.open(partition, crash));
        assertThat(crash.happened()).as("reached %s", point).isTrue();
    }

    /** Everything settled is given back but the last epoch of each partition, and the open one. */
    private void assertThatNothingIsLeftInRedis() {
        settle();
        settle();
        for (int p : PARTITIONS) {
            String prefix = Partition.of(p).earn(0);
            assertThat(counters.redis()
                            .keys(prefix.substring(0, prefix.length() - 1).replace("{", "\\{") + "*"))
                    .hasSizeLessThanOrEqualTo(2);
        }
    }
}
