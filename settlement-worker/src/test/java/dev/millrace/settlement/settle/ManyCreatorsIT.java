package dev.millrace.settlement.settle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.counters.ControlField;
import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.counters.EngageField;
import dev.millrace.common.token.EventType;
import dev.millrace.local.testing.RealServers;
import dev.millrace.settlement.Counting;
import dev.millrace.settlement.RunningWorker;
import dev.millrace.settlement.crash.CrashPoints;
import java.util.HashMap;
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

    /** Pages of at least ten fields, COPY of a handful of rows, and a third of all fields a run. */
    private static final Chunks SMALL = new Chunks(10, 300, 4_000);

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
            workers.opening(CrashPoints.NONE).open(partition, null, null, workers.runId());
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
        Settled settled = workers.settlement(Chunks.USUAL).settleAll();
        assertThat(balances()).isEqualTo(expected);
        assertThat(number("SELECT count(*) FROM posting")).isEqualTo(CREATORS + 2L);
        assertThat(settled.rows())
                .isEqualTo((CREATORS + 2) * 3L // accounts, postings, balances
                        + 2 * 2 * CREATORS // engagement and scores
                        + 2 // the journal and the chain's head
                        + 2 * PARTITIONS); // notes and cursors
        count();
        workers.settlement(Chunks.USUAL).settleAll();
        assertThat(balances()).isEqualTo(expected);
        assertThat(number("SELECT count(*) FROM engagement")).isEqualTo(2 * CREATORS);
        book.assertSound();
    }

    /** Most of its rows are in the database when that is found out. */
    @Test
    void nothingOfAnEpochThatDoesNotAddUpIsPaid() {
        count();
        String engage = new CounterKeys(7).engage(epoch(7));
        String field = counters.redis().hkeys(engage).getFirst();
        counters.redis().hincrby(engage, field, 1);
        Settled settled = workers.settlement(SMALL).settleAll();
        assertThat(settled.halted()).extracting(Settled.Halted::partition).containsExactly(7);
        assertThat(number("SELECT sum(micros) FROM balance WHERE micros > 0"))
                .isEqualTo(expected.values().stream()
                                .filter(micros -> micros > 0)
                                .mapToLong(Long::longValue)
                                .sum()
                        - counted(7));
        book.assertSound();

        counters.redis().hincrby(engage, field, -1);
        assertThat(workers.settlement(SMALL).settleAll().halted()).isEmpty();
        assertThat(balances()).isEqualTo(expected);
        book.assertSound();
    }

    /** Each creator has a view of one publisher and a comment, in another partition, of the other or the same. */
    private void count() {
        Map<Integer, Map<String, Long>> earn = new HashMap<>();
        Map<Integer, Map<String, Long>> engage = new HashMap<>();
        for (int i = 0; i < CREATORS; i++) {
            String publisher = i % 2 == 0 ? "even" : "odd";
            EngageField view = new EngageField(publisher, "c-" + i, "/a\t" + i, EventType.VIEW, 1);
            EngageField comment = new EngageField(publisher, "c-" + i, "/b|" + i, EventType.COMMENT, 1);
            add(earn, engage, i % PARTITIONS, view, 1, VIEW);
            add(earn, engage, (i + 5) % PARTITIONS, comment, 1 + i % 9, WORD);
            words += 1 + i % 9;
        }
        engage.forEach((partition, units) -> write(new CounterKeys(partition).engage(epoch(partition)), units));
        earn.forEach((partition, micros) -> write(new CounterKeys(partition).earn(epoch(partition)), micros));
    }

    private void add(
            Map<Integer, Map<String, Long>> earn,
            Map<Integer, Map<String, Long>> engage,
            int partition,
            EngageField field,
            long units,
            long rate) {
        engage.computeIfAbsent(partition, _ -> new HashMap<>()).merge(field.encode(), units, Long::sum);
        Map<String, Long> earned = earn.computeIfAbsent(partition, _ -> new HashMap<>());
        earned.merge(field.earner().encode(), units * rate, Long::sum);
        earned.merge(ControlField.MICROS, units * rate, Long::sum);
        earned.merge(ControlField.EVENTS, 1L, Long::sum);
        expected.merge("creator:" + field.creator(), units * rate, Long::sum);
        expected.merge("publisher:" + field.publisher(), -units * rate, Long::sum);
    }

    private void write(String key, Map<String, Long> fields) {
        Map<String, String> texts = new HashMap<>();
        fields.forEach((field, value) -> texts.put(field, value.toString()));
        counters.redis().hset(key, texts);
    }

    private long epoch(int partition) {
        return Long.parseLong(counters.redis().get(new CounterKeys(partition).epoch()));
    }

    /** Micros of a partition's sealed epoch that is not settled. */
    private long counted(int partition) {
        return Long.parseLong(counters.redis().hget(new CounterKeys(partition).earn(1), ControlField.MICROS));
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
