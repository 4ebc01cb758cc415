package dev.millrace.settlement.settle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import dev.millrace.counters.Link;
import dev.millrace.counters.Names;
import dev.millrace.counters.Names.Name;
import dev.millrace.counters.Partition;
import dev.millrace.counters.Spent;
import dev.millrace.local.testing.RealServers;
import dev.millrace.settlement.Counting;
import dev.millrace.settlement.RunningWorker;
import dev.millrace.settlement.watch.Watch;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What publishers have spent is settled, proved and noted in Redis, and no loss there makes it less. */
class PublisherSpentIT {
    private String database = "";
    private Counting counters;
    private RunningWorker worker;
    private Settlement settlement;
    private Book book;

    @BeforeEach
    void start() {
        RealServers.flushRedis();
        database = RunningWorker.freshDatabase();
        counters = new Counting(RealServers.redisUrl());
        worker = new RunningWorker(
                        RealServers.redisUrl(), database, RealServers.databases(), RunningWorker.WITHOUT_SERVER)
                .byHand();
        settlement = worker.bean(Settlement.class);
        book = new Book(database);
        worker.bean(Watch.class).look();
    }

    @AfterEach
    void stop() {
        book.close();
        worker.close();
        counters.close();
    }

    private void count(int partition, String publisher, long views) {
        for (int i = 0; i < views; i++) {
            counters.count(partition, new EngagementName(publisher, "c-1", "/a", EventType.VIEW, 1), 1, 1_000);
        }
    }

    /** By Redis, settled or not, over all partitions: today, and in all. */
    private Spent.Sum spent(String publisher) {
        long today = 0;
        long total = 0;
        for (Partition partition : Partition.all()) {
            Spent.Reply reply = Spent.read(counters.link(partition.number()), partition, 1, List.of(publisher))
                    .join();
            assertThat(reply).as("%s", partition).isInstanceOf(Spent.Reply.Read.class);
            Spent.Sum sum = ((Spent.Reply.Read) reply).sums().getFirst();
            today += sum.today();
            total += sum.total();
        }
        return new Spent.Sum(today, total);
    }

    private List<String> settled() {
        return book.sql().sql("""
                        SELECT partition || ' ' || publisher || ' ' || CASE WHEN day = '-infinity' THEN 'all'
                            WHEN day = (now() AT TIME ZONE 'UTC')::date THEN 'today' ELSE day::text END || ' ' || micros
                        FROM publisher_spent ORDER BY partition, publisher, day""").query(String.class).list();
    }

    @Test
    void itIsSettledByPartitionAndDayAndNeverCountedTwice() {
        count(3, "demo", 2);
        count(3, "other", 1);
        count(9, "demo", 1);
        assertThat(spent("demo")).isEqualTo(new Spent.Sum(3_000, 3_000));
        settlement.settleAll();
        assertThat(settled())
                .containsExactly(
                        "3 demo all 2000",
                        "3 demo today 2000",
                        "3 other all 1000",
                        "3 other today 1000",
                        "9 demo all 1000",
                        "9 demo today 1000");
        assertThat(spent("demo")).isEqualTo(new Spent.Sum(3_000, 3_000));
        assertThat(counters.redis().hgetall(Partition.of(9).spent()))
                .containsEntry("#epoch", "1")
                .containsEntry("demo", "1000");
        count(9, "demo", 1);
        settlement.settleAll();
        settlement.settleAll();
        assertThat(spent("demo")).isEqualTo(new Spent.Sum(4_000, 4_000));
        assertThat(spent("other")).isEqualTo(new Spent.Sum(1_000, 1_000));
    }

    @Test
    void aWipedRedisKnowsWhatIsSettledAgain() {
        count(3, "demo", 2);
        settlement.settleAll();
        count(3, "demo", 5);
        counters.redis().flushall();
        worker.bean(Watch.class).look();
        assertThat(spent("demo")).as("what was lost is not booked either").isEqualTo(new Spent.Sum(2_000, 2_000));
    }

    @Test
    void aNoteThatIsLostOrOldIsWrittenAgain() {
        count(3, "demo", 2);
        settlement.settleAll();
        counters.redis().del(Partition.of(3).spent());
        counters.redis().hset(Partition.of(4).spent(), "#epoch", "0");
        worker.bean(Watch.class).turn();
        assertThat(spent("demo")).isEqualTo(new Spent.Sum(2_000, 2_000));
        assertThat(counters.redis().hget(Partition.of(4).spent(), "#epoch")).isEqualTo("1");
        counters.redis().hset(Partition.of(4).spent(), "#opened", "9");
        worker.bean(Watch.class).turn();
        assertThat(counters.redis().hget(Partition.of(4).spent(), "#opened")).isEqualTo("1");
    }

    /** The budgets stand in Redis, and whoever writes there as they like must not lower what is settled. */
    @Test
    void spentMoneyThatIsNotThePriceOfTheUnitsHaltsItsPartition() {
        count(3, "demo", 2);
        count(4, "demo", 1);
        count(5, "demo", 1);
        long day = book.sql()
                .sql("SELECT (now() AT TIME ZONE 'UTC')::date - date '1970-01-01'")
                .query(Long.class)
                .single();
        counters.redis().hset(Partition.of(3).earn(1), "$" + day + "|demo", "1000");
        counters.redis().hset(Partition.of(4).earn(1), "$x|demo", "1000");
        assertThat(settlement.settleAll().halted())
                .containsExactly(
                        new Settled.Halted(
                                3,
                                "epoch 1: publisher demo has spent 1000 micros, but units times rates are 2000 micros"),
                        new Settled.Halted(4, "epoch 1: earn field '$x|demo' is not $<day>|<publisher>"));
        assertThat(settled()).containsExactly("5 demo all 1000", "5 demo today 1000");
    }

    @Test
    void anEpochOfTwoDaysIsSettledByDay() {
        count(3, "demo", 3);
        long day = book.sql()
                .sql("SELECT (now() AT TIME ZONE 'UTC')::date - date '1970-01-01'")
                .query(Long.class)
                .single();
        String earn = Partition.of(3).earn(1);
        counters.redis()
                .hset(
                        earn,
                        Map.of("$" + day + "|demo", "1000", "$" + (day - 1) + "|demo", "2000", "#day", "" + (day - 1)));
        assertThat(spent("demo")).isEqualTo(new Spent.Sum(1_000, 3_000));
        settlement.settleAll();
        assertThat(spent("demo")).isEqualTo(new Spent.Sum(1_000, 3_000));
        assertThat(counters.redis().hgetall(Partition.of(3).spent()))
                .containsEntry("demo", "3000")
                .containsEntry("demo|" + day, "1000")
                .containsEntry("demo|" + (day - 1), "2000");
    }

    @Test
    void theNamesOfAPublisherWithALimitAreLoadedAndDropped() {
        count(Partition.of("c-1").number(), "demo", 1);
        settlement.settleAll();
        Partition partition = Partition.of("c-1");
        Link link = counters.link(partition.number());
        Watch watch = worker.bean(Watch.class);
        watch.look();
        assertThat(Names.loaded(link, partition)).isEmpty();
        book.sql()
                .sql("UPDATE publisher SET new_creators_per_day = 5 WHERE publisher = 'demo'")
                .update();
        watch.look();
        List<Name> asked = List.of(Name.of("c-1"), Name.of("c-1", "/a"), Name.of("c-2"), Name.of("c-1", "/b"));
        assertThat(Names.judge(link, partition, "demo", 0, 0, asked))
                .isInstanceOfSatisfying(
                        Names.Reply.Judged.class,
                        judged -> assertThat(judged.letters()).isEqualTo("KKXX"));
        counters.redis().flushall();
        watch.look();
        watch.look();
        assertThat(Names.judge(counters.link(partition.number()), partition, "demo", 0, 0, asked))
                .isInstanceOfSatisfying(
                        Names.Reply.Judged.class,
                        judged -> assertThat(judged.letters()).isEqualTo("KKXX"));
        book.sql().sql("UPDATE publisher SET new_creators_per_day = NULL").update();
        watch.look();
        assertThat(counters.redis().keys("*:names:*")).isEmpty();
        assertThat(Names.loaded(counters.link(partition.number()), partition)).isEmpty();
    }
}
