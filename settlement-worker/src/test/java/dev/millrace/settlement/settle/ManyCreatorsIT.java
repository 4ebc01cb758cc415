package dev.millrace.settlement.settle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.Partition;
import dev.millrace.local.testing.RealServers;
import dev.millrace.settlement.Counting;
import dev.millrace.settlement.RunningWorker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Epochs that are read, copied and settled in many small pieces. */
class ManyCreatorsIT {
    private static final int PARTITIONS = 16;
    private static final int CREATORS = 3_000;
    private static final long VIEW = 1_000;
    private static final long WORD = 50;

    /** Pages of at least ten fields, sums of a hundred names, COPY of a handful of rows, and a third of all rows a run. */
    private static final Batch.Limits SMALL = new Batch.Limits(10, 4_000, 100, 300);

    private Counting counters;
    private Workers workers;
    private Book book;
    private final Map<String, Long> expected = new TreeMap<>();
    private long words;

    @BeforeEach
    void start() {
        RealServers.flushRedis();
        String database = RealServers.freshDatabase();
        RunningWorker.migrate(database, RealServers.databases());
        counters = new Counting(RealServers.redisUrl());
        workers = new Workers(
                RealServers.redisUrl(), database, RealServers.databases().password());
        book = new Book(database);
        for (int partition = 0; partition < PARTITIONS; partition++) {
            workers.open(partition);
        }
    }

    @AfterEach
    void stop() {
        workers.close();
        counters.close();
    }

    @Test
    void everyCreatorIsPaidToTheMicroInAsManyJournalsAsItTakes() {
        count();
        Settled settled = workers.settlement(SMALL).settleAll();
        assertThat(settled.complete()).isTrue();
        assertThat(settled.halted()).isEmpty();
        assertThat(balances()).isEqualTo(expected);
        assertThat(number("SELECT count(*) FROM journal")).isEqualTo(3);
        assertThat(number("SELECT sum(units) FROM engagement WHERE type = 'comment'"))
                .isEqualTo(words);
        assertThat(number("SELECT count(*) FROM engagement")).isEqualTo(2 * CREATORS);
        assertThat(number("SELECT count(*) FROM article_score")).isEqualTo(2 * CREATORS);
        book.assertSound();
    }

    /** One journal has one posting a creator and publisher, however many partitions the creator's readers are in. */
    @Test
    void whatACreatorHasInSeveralPartitionsIsOnePosting() {
        count();
        Settled settled = workers.settlement(Batch.Limits.USUAL).settleAll();
        assertThat(balances()).isEqualTo(expected);
        assertThat(number("SELECT count(*) FROM posting")).isEqualTo(CREATORS + 2L);
        assertThat(settled.rows())
                .isEqualTo((CREATORS + 2) * 3L // accounts, postings, balances
                        + 2 * 2 * CREATORS // engagement and scores
                        + 2 // the journal and the chain's head
                        + 2 * 2 * PARTITIONS // what two publishers have spent, in all and on the day
                        + 2 * PARTITIONS); // notes and cursors
        count();
        workers.settlement(Batch.Limits.USUAL).settleAll();
        assertThat(balances()).isEqualTo(expected);
        assertThat(number("SELECT count(*) FROM engagement")).isEqualTo(2 * CREATORS);
        book.assertSound();
    }

    /** Most of its rows are in the database when that is found out. */
    @Test
    void nothingOfAnEpochThatDoesNotAddUpIsPaid() {
        count();
        String folded = Partition.of(7).folded(1);
        String field = "odd|c-7|/a\\7|view|1";
        counters.redis().hincrby(folded, field, 1);
        Settled settled = workers.settlement(SMALL).settleAll();
        assertThat(settled.halted()).extracting(Settled.Halted::partition).containsExactly(7);
        assertThat(number("SELECT sum(micros) FROM balance WHERE micros > 0"))
                .isEqualTo(expected.values().stream()
                                .filter(micros -> micros > 0)
                                .mapToLong(Long::longValue)
                                .sum()
                        - counted(7));
        book.assertSound();

        counters.redis().hincrby(folded, field, -1);
        assertThat(workers.settlement(SMALL).settleAll().halted()).isEmpty();
        assertThat(balances()).isEqualTo(expected);
        book.assertSound();
    }

    /** Each creator has a view of one publisher and a comment, in another partition, of the other or the same. */
    private void count() {
        Map<Integer, List<Counting.Event>> events = new HashMap<>();
        for (int i = 0; i < CREATORS; i++) {
            String publisher = i % 2 == 0 ? "even" : "odd";
            EngagementName view = new EngagementName(publisher, "c-" + i, "/a\\" + i, EventType.VIEW, 1);
            EngagementName comment = new EngagementName(publisher, "c-" + i, "/b|" + i, EventType.COMMENT, 1);
            add(events, i % PARTITIONS, view, 1, VIEW);
            add(events, (i + 5) % PARTITIONS, comment, 1 + i % 9, WORD);
            words += 1 + i % 9;
        }
        events.forEach(counters::count);
    }

    private void add(
            Map<Integer, List<Counting.Event>> events, int partition, EngagementName name, long units, long rate) {
        events.computeIfAbsent(partition, _ -> new ArrayList<>()).add(new Counting.Event(name, units, units * rate));
        expected.merge("creator:" + name.creator(), units * rate, Long::sum);
        expected.merge("publisher:" + name.publisher(), -units * rate, Long::sum);
    }

    /** Micros of a partition's sealed epoch that is not settled. */
    private long counted(int partition) {
        return Long.parseLong(counters.redis().hget(Partition.of(partition).earn(1), Ctl.EPOCH_MICROS));
    }

    private Map<String, Long> balances() {
        Map<String, Long> balances = new TreeMap<>();
        book.sql()
                .sql("SELECT name, micros FROM balance JOIN account USING (account_id)")
                .query((row, _) -> balances.put(row.getString(1), row.getLong(2)))
                .list();
        return balances;
    }

    private long number(String query) {
        return book.sql().sql(query).query(Long.class).single();
    }
}
