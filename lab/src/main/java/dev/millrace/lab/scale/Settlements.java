package dev.millrace.lab.scale;

import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.lab.stack.ProcessUsage;
import dev.millrace.lab.stack.Wait;
import dev.millrace.local.server.Databases;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * What settlements cost.
 *
 * @param articles of each creator that are read
 */
record Settlements(ScalePart part, int articles) {
    /** Events of one request after another while open epochs are filled; each lot is written out anew. */
    private static final int LOT = 200_000;

    private static final double SHARE_OF_PEAK = 0.2;
    private static final String WAL = "SELECT (pg_current_wal_lsn() - '0/0')::bigint";
    private static final String SETTLED_EVENTS = "SELECT coalesce(sum(settled_events), 0) FROM partition_cursor";
    private static final String UNEQUAL = """
            SELECT count(*) FROM balance b
            FULL JOIN (SELECT account_id, sum(micros) AS micros FROM posting GROUP BY account_id) p USING (account_id)
            WHERE b.micros IS DISTINCT FROM p.micros
            """;

    /** First a tenth of the creators to warm up, then such as the ledger has not seen, the same again, and again under load. */
    void measure(int creators, List<String> failures) throws Exception {
        int few = creators / 10;
        settle("settlement, warm-up", 0, few, true);
        settle("settlement, new", few, creators, false);
        settle("settlement, known", few, creators, false);
        settle("settlement, known, under load", few, creators, true);
        long accounts = part.database().number("SELECT count(*) FROM account WHERE name LIKE 'creator:c-%'");
        long sum = part.database().number("SELECT coalesce(sum(micros), 0) FROM posting");
        long unequal = part.database().number(UNEQUAL);
        if (accounts != few + creators || sum != 0 || unequal != 0) {
            failures.add(
                    "%,d creators in the ledger, postings sum to %,d micros, %,d balances are not the sum of theirs"
                            .formatted(accounts, sum, unequal));
        }
    }

    private void settle(String what, int first, int creators, boolean isLoaded) throws Exception {
        double perSecond = fill(first, creators);
        part.figures().add(what, "creators", creators);
        part.figures().add(what, "eventsPerSecond", perSecond);
        if (!isLoaded) {
            settle(what, creators);
            return;
        }
        try (LoadClient.Background steady = part.load().start(perSecond * SHARE_OF_PEAK, ScalePart.LOAD)) {
            Thread.sleep(ScalePart.CALM.dividedBy(2));
            long calm = System.nanoTime();
            Thread.sleep(ScalePart.CALM.dividedBy(2));
            long began = System.nanoTime();
            long ended = settle(what, creators);
            part.end(what, steady, calm, began, ended);
        }
        part.stack().settle();
    }

    /** Returns the moment of its end. */
    private long settle(String what, int creators) throws Exception {
        ScaleDatabase database = part.database();
        long journal = database.number("SELECT journal_id FROM chain_head");
        long account = database.number("SELECT coalesce(max(account_id), 0) FROM account");
        long wal = database.number(WAL);
        ProcessUsage worker = part.usage("worker");
        ProcessUsage postgres = part.usage("postgres");
        worker.resetPeakMemory();
        part.noteSlowCommands();
        double databaseCpu = postgres.cpuSeconds();
        double workerCpu = worker.cpuSeconds();
        long began = System.nanoTime();
        part.stack().settle();
        long ended = System.nanoTime();
        double seconds = (ended - began) / ScalePart.SECOND;
        ScalePart.Figures figures = part.figures();
        figures.add(what, "seconds", seconds);
        figures.add(what, "databaseCpuSeconds", postgres.cpuSeconds() - databaseCpu);
        figures.add(what, "workerCpuSeconds", worker.cpuSeconds() - workerCpu);
        figures.add(what, "workerMib", worker.peakMib());
        figures.add(what, "walMib", (database.number(WAL) - wal) >> 20);
        figures.add(what, "longestRedisMs", part.longestMillis());
        figures.add(what, "journals", database.number("SELECT count(*) FROM journal WHERE journal_id > " + journal));
        ScaleDatabase.Copied copied = database.copy(journal, account, (long) creators * articles);
        figures.add(what, "rows", copied.rows());
        figures.add(what, "timesBareCopy", seconds / copied.bareSeconds());
        figures.add(what, "timesIndexedCopy", seconds / copied.indexedSeconds());
        return ended;
    }

    /** Has creators earn something: an event of each of their first articles. Events a second, of the last lot. */
    private double fill(int first, int creators) throws IOException {
        double perSecond = 0;
        for (int article = 0; article < articles; article++) {
            for (int from = 0; from < creators; from += LOT) {
                int count = Math.min(LOT, creators - from);
                perSecond = part.deliver(Events.oneEach(part.load().prefix(), first + from, count, article));
                part.progress()
                        .accept("%,d of %,d creators counted, %,.0f events/s".formatted(from, creators, perSecond));
            }
        }
        return perSecond;
    }

    /** From one settlement to the next, both of which come by themselves; the load goes on over both. */
    void interval(int rate, Duration interval) throws Exception {
        Duration most = interval.plus(ScalePart.CALM).multipliedBy(2).plusSeconds(20);
        try (LoadClient.Background steady = part.load().start(rate, most)) {
            ScaleDatabase database = part.database();
            awaitSettlement(interval);
            database.execute("SELECT pg_stat_statements_reset()");
            long events = database.number(SETTLED_EVENTS);
            long rows = part.stack().rowsWritten();
            awaitSettlement(interval);
            part.figure("worker statements", database.statements(Databases.SETTLER));
            part.figure("ledger statements", database.statements(Databases.LEDGER));
            part.figure("events", database.number(SETTLED_EVENTS) - events);
            part.figure("rows", part.stack().rowsWritten() - rows);
            part.load().end(steady);
        }
    }

    private void awaitSettlement(Duration interval) throws Exception {
        long before = part.database().number(SETTLED_EVENTS);
        Wait.until(
                "the next settlement",
                interval.plus(ScalePart.CALM.multipliedBy(2)),
                () -> part.database().number(SETTLED_EVENTS) != before);
    }
}
