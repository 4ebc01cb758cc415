package dev.millrace.settlement.settle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.CatalogJson;
import dev.millrace.common.catalog.Rate;
import dev.millrace.common.catalog.RateCard;
import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Filter;
import dev.millrace.common.token.Note;
import dev.millrace.common.token.Source;
import dev.millrace.counters.CatalogStore;
import dev.millrace.counters.Partition;
import dev.millrace.local.server.Databases;
import dev.millrace.local.testing.RealServers;
import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import dev.millrace.settlement.Counting;
import dev.millrace.settlement.RunningWorker;
import dev.millrace.settlement.watch.Watch;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.transaction.TransactionException;

/** From counters to the ledger, on a real Redis and a real Postgres. */
@ExtendWith(OutputCaptureExtension.class)
class SettlementIT {
    private String database = "";
    private Counting counters;
    private RunningWorker worker;
    private Settlement settlement;

    private Book book;
    private JdbcClient ledger;

    @BeforeEach
    void start() {
        RealServers.flushRedis();
        database = RunningWorker.freshDatabase();
        counters = new Counting(RealServers.redisUrl());
        worker = worker("--millrace.keep-settled=0s", RunningWorker.WITHOUT_SERVER);
        settlement = worker.bean(Settlement.class);
        book = new Book(database);
        ledger = book.sql();
        worker.bean(Watch.class).look();
    }

    private RunningWorker worker(String... settings) {
        return new RunningWorker(RealServers.redisUrl(), database, RealServers.databases(), settings).byHand();
    }

    @AfterEach
    void stop() {
        book.close();
        worker.close();
        counters.close();
    }

    @Test
    void whatWasCountedIsBookedToTheMicroAndOnlyOnce() {
        counters.count(3, "c-1", "/a|b", EventType.VIEW, 1, 1_000);
        counters.count(9, "c-1", "/a|b", EventType.VIEW, 1, 1_000);
        counters.count(9, "c-1", "/\\N\\tx", EventType.COMMENT, 7, 350);
        counters.count(9, "c-2", "/a|b", EventType.SCROLL, 1, 100);
        Settled settled = settlement.settleAll();
        assertThat(settled).isEqualTo(new Settled(1L, 16, 16, 4, 2_450, settled.rows(), List.of(), true, false));
        assertThat(settlement.settleAll().journalId()).isNull();

        assertThat(balances()).isEqualTo(Map.of("creator:c-1", 2_350L, "creator:c-2", 100L, "publisher:demo", -2_450L));
        assertThat(postings())
                .containsExactly("creator:c-1 demo 2350", "creator:c-2 demo 100", "publisher:demo demo -2450");
        assertThat(ledger.sql(
                                "SELECT type || ' ' || article || ' ' || units || ' ' || micros FROM engagement ORDER BY 1")
                        .query(String.class)
                        .list())
                .containsExactly("comment /\\N\\tx 7 350", "scroll /a|b 1 100", "view /a|b 2 2000");
        assertThat(ledger.sql("SELECT article || ' ' || creator || ' ' || micros FROM article_score ORDER BY 1")
                        .query(String.class)
                        .list())
                .containsExactly("/\\N\\tx c-1 350", "/a|b c-1 2000", "/a|b c-2 100");
        assertThat(ledger.sql(
                                "SELECT sum(settled_micros) || ' ' || sum(settled_events) || ' ' || min(settled_epoch) FROM partition_cursor")
                        .query(String.class)
                        .single())
                .isEqualTo("2450 4 2");
    }

    /** Only readers are paid; from where they came, and the visits they made, is archived beside it. */
    @Test
    void whatWasFilteredIsNotPaidAndSourcesAndVisitsAreArchived() {
        EngagementName view = new EngagementName("demo", "c-1", "/a", EventType.VIEW, 1);
        EngagementName read = new EngagementName("demo", "c-1", "/a", EventType.READ, 1);
        for (int epoch = 1; epoch <= 2; epoch++) {
            counters.count(3, view.with(Note.of(Source.SEARCH, true)), 1, 1_000);
            counters.count(3, view.with(Note.of(Source.SEARCH, false)), 1, 1_000);
            counters.count(3, view.with(Note.of(null, true)), 1, 1_000);
            counters.count(3, read.with(Note.of(null, true)), 2, 400);
            counters.count(3, view, 1, 1_000);
            counters.count(3, view.with(Note.filtered(Filter.ROBOT)), 3, 0);
            counters.count(3, read.with(Note.filtered(Filter.ROBOT)), 1, 0);
            // A visit is counted in its visitor's partition.
            counters.count(7, view.with(Note.visit(Source.SEARCH)), 1, 0);
            counters.count(7, view.with(Note.visit(null)), 0, 0);
            Settled settled = settlement.settleAll();
            assertThat(settled.micros()).isEqualTo(4_400);
            assertThat(settled.complete()).isTrue();
        }
        assertThat(balances()).isEqualTo(Map.of("creator:c-1", 8_800L, "publisher:demo", -8_800L));
        assertThat(archived("engagement", "type, units, micros")).containsExactly("read 4 800", "view 8 8000");
        assertThat(archived("filtered", "reason, type, rate_version, units, micros"))
                .containsExactly("robot read 1 2 400", "robot view 1 6 6000");
        assertThat(archived("visits", "source, views, sessions, session_views, read_seconds"))
                .containsExactly(" 0 0 2 60", "search 4 2 2 0");
        assertThat(archived("article_score", "view, read, micros")).containsExactly("8 4 8800");
    }

    private List<String> archived(String table, String columns) {
        return ledger.sql("SELECT concat_ws(' ', %s) FROM %s ORDER BY 1".formatted(columns, table))
                .query(String.class)
                .list();
    }

    /** Nobody is paid by a note that is not there. */
    @Test
    void aFilteredUnitThatEarnsSomethingHaltsItsPartition() {
        EngagementName view = new EngagementName("demo", "c-1", "/a", EventType.VIEW, 1);
        counters.count(3, view.with(Note.filtered(Filter.ROBOT)), 1, 1_000);
        counters.count(4, view, 1, 1_000);
        assertThat(settlement.settleAll().micros()).isEqualTo(1_000);
        assertThat(ledger.sql("SELECT halted FROM partition_cursor WHERE partition = 3")
                        .query(String.class)
                        .single())
                .contains("c-1 earned 1000 micros, but units times rates are 0 micros");
    }

    /** Whoever keeps the log can tell later whether the ledger's past is still the one of then. */
    @Test
    void theLogHasTheHeadOfTheChainOnceForEachJournal(CapturedOutput log) {
        counters.count(3, "c-1", "/a", EventType.VIEW, 1, 1_000);
        settlement.settleAll();
        settlement.settleAll();
        counters.count(9, "c-1", "/a", EventType.VIEW, 2, 2_000);
        settlement.settleAll();
        List<String> heads = ledger.sql("SELECT encode(hash, 'hex') FROM journal ORDER BY journal_id")
                .query(String.class)
                .list();
        assertThat(log.getOut()
                        .lines()
                        .filter(line -> line.contains(" head "))
                        .map(line -> line.replaceFirst(".* : settled", "settled")))
                .containsExactly(
                        "settled 16 partitions: journal 1, 1000 micros, 1 events, head " + heads.get(0),
                        "settled 16 partitions: journal 2, 2000 micros, 1 events, head " + heads.get(1));
        worker.bean(Watch.class).look();
        assertThat(worker.bean(MeterRegistry.class)
                        .get("millrace.ledger.journal")
                        .gauge()
                        .value())
                .isEqualTo(2);
    }

    @Test
    void emptyEpochsMoveTheCursorsWithoutAJournal() {
        Settled settled = settlement.settleAll();
        assertThat(settled.journalId()).isNull();
        assertThat(settled.epochs()).isEqualTo(16);
        assertThat(ledger.sql("SELECT count(*) FROM journal").query(Long.class).single())
                .isZero();
        assertThat(ledger.sql("SELECT DISTINCT settled_epoch FROM partition_cursor")
                        .query(Long.class)
                        .list())
                .containsExactly(1L);
    }

    @Test
    void whatWasFreeIsArchivedWithoutAJournalAndItsCreatorIsKnown() {
        card(9, 0);
        for (int i = 0; i < 3; i++) {
            counters.count(2, new EngagementName("demo", "c-free", "/a", EventType.VIEW, 9), 1, 0);
        }
        Settled settled = settlement.settleAll();
        assertThat(settled.journalId()).isNull();
        assertThat(settled.events()).isEqualTo(3);
        assertThat(ledger.sql("SELECT units FROM engagement").query(Long.class).single())
                .isEqualTo(3);
        assertThat(ledger.sql("SELECT name FROM account ORDER BY 1")
                        .query(String.class)
                        .list())
                .containsExactly("creator:c-free", "publisher:demo");
    }

    @Test
    void twoWorkersAtATimeBookEverythingOnceWhileCountingGoesOn() {
        long seed = System.nanoTime();
        System.out.println("twoWorkersAtATime: seed " + seed);
        AtomicLong counted = new AtomicLong();
        try (RunningWorker other = worker(
                "--millrace.partitions-per-run=5", "--millrace.settlement-interval=1s", RunningWorker.WITHOUT_SERVER)) {
            CompletableFuture<Void> counting = CompletableFuture.runAsync(() -> new java.util.Random(seed)
                    .ints(3_000, 0, 16)
                    .forEach(p -> {
                        assertThat(counters.count(p, "c-" + p % 3, "/a", EventType.VIEW, 1, 1_000))
                                .isTrue();
                        counted.addAndGet(1_000);
                    }));
            Settlement second = other.bean(Settlement.class);
            while (!counting.isDone()) {
                CompletableFuture<Void> due = CompletableFuture.runAsync(() -> settleDueOrGiveUp(second));
                settlement.settleAll();
                due.join();
            }
            counting.join();
            settlement.settleAll();
        }
        assertThat(counted.get()).isEqualTo(3_000_000);
        assertThat(balances().get("publisher:demo")).isEqualTo(-3_000_000);
        assertThat(ledger.sql("SELECT sum(micros) FROM balance WHERE micros > 0")
                        .query(Long.class)
                        .single())
                .isEqualTo(3_000_000);
        assertThat(ledger.sql("SELECT sum(units) FROM engagement")
                        .query(Long.class)
                        .single())
                .isEqualTo(3_000);
        book.assertSound();
    }

    /** With an interval of a second a run soon gives a lock up, on a slow machine too soon; the next run takes its share. */
    private static void settleDueOrGiveUp(Settlement settlement) {
        try {
            settlement.settleDue();
        } catch (DataAccessException | TransactionException e) {
            System.out.println("twoWorkersAtATime: gave up: " + e.getMessage());
        }
    }

    @Test
    void epochsSealedByAWorkerThatDiedAreSettledByTheNextInOrder() {
        Partition names = Partition.of(4);
        for (int epoch = 1; epoch <= 3; epoch++) {
            counters.count(4, "c-1", "/a", EventType.VIEW, 1, 1_000);
            counters.redis().hset(names.earn(epoch), "#sealed", "1764000000000");
            counters.redis().hset(names.ctl(), "epoch", Integer.toString(epoch + 1));
        }
        counters.count(4, "c-1", "/a", EventType.VIEW, 1, 1_000);
        Settled settled = settlement.settleAll();
        assertThat(settled.micros())
                .as("what was sealed before, and what was counted since")
                .isEqualTo(4_000);
        assertThat(settled.complete()).isTrue();
        assertThat(ledger.sql("SELECT settled_epoch FROM partition_cursor WHERE partition = 4")
                        .query(Long.class)
                        .single())
                .isEqualTo(4);
        assertThat(ledger.sql("SELECT units FROM engagement WHERE day = '2025-11-24'")
                        .query(Long.class)
                        .single())
                .isEqualTo(3);
    }

    @Test
    void aPartitionThatDoesNotAddUpIsLeftOutWithItsReasonAndTheOthersGoOn() {
        counters.count(1, "c-1", "/a", EventType.VIEW, 1, 1_000);
        counters.count(2, "c-1", "/a", EventType.VIEW, 1, 1_000);
        counters.count(3, "c-1", "/a", EventType.VIEW, 1, 1_000);
        counters.count(4, "c-1", "/a", EventType.VIEW, 1, 1_000);
        counters.count(5, "c-1", "/a", EventType.VIEW, 1, 1_000);
        counters.redis().hincrby(Partition.of(1).earn(1), "#micros", 1);
        counters.redis().hincrby(Partition.of(2).folded(1), "demo|c-1|/a|view|1", 1);
        counters.redis().hset(Partition.of(3).folded(1), "nonsense", "1");
        counters.redis().hset(Partition.of(4).ctl(), "epoch", "2");
        Settled settled = settlement.settleAll();
        assertThat(settled.micros()).isEqualTo(1_000);
        assertThat(settled.halted())
                .containsExactly(
                        new Settled.Halted(1, "epoch 1: earnings sum to 1000 micros, the control total is 1001 micros"),
                        new Settled.Halted(2, "epoch 1: c-1 earned 1000 micros, but units times rates are 2000 micros"),
                        new Settled.Halted(
                                3, "epoch 1: 'nonsense' is not <publisher>|<creator>|<article>|<type>|<rate version>"),
                        new Settled.Halted(
                                4, "epoch 1: it is before the open one, but its earnings are not marked as sealed"));
        assertThat(ledger.sql("SELECT partition FROM partition_cursor WHERE halted IS NOT NULL ORDER BY 1")
                        .query(Integer.class)
                        .list())
                .containsExactly(1, 2, 3, 4);

        counters.redis().hincrby(Partition.of(1).earn(1), "#micros", -1);
        counters.redis().hincrby(Partition.of(2).folded(1), "demo|c-1|/a|view|1", -1);
        counters.redis().hdel(Partition.of(3).folded(1), "nonsense");
        counters.redis().hset(Partition.of(4).earn(1), "#sealed", "1764000000000");
        assertThat(settlement.settleAll().halted()).isEmpty();
        assertThat(balances()).isEqualTo(Map.of("creator:c-1", 5_000L, "publisher:demo", -5_000L));
        assertThat(ledger.sql("SELECT count(*) FROM partition_cursor WHERE halted IS NOT NULL")
                        .query(Long.class)
                        .single())
                .isZero();
    }

    /** They may well add up. */
    @Test
    void negativeCountersAreNotSettled() {
        earn(1, Map.of("c-1", "-1000", "#micros", "-1000", "#events", "1"));
        units(1, Map.of("demo|c-1|/a|view|1", "-1"));
        earn(2, Map.of("c-1", "1000", "#micros", "1000", "#events", "1"));
        units(2, Map.of("demo|c-1|/a|view|1", "2", "demo|c-1|/b|view|1", "-1"));
        earn(3, Map.of("c-1", "-1000", "c-2", "2000", "#micros", "1000", "#events", "1"));
        units(3, Map.of("demo|c-1|/a|view|1", "1"));
        counters.count(4, "c-1", "/a", EventType.VIEW, 1, 1_000);
        assertThat(settlement.settleAll().halted())
                .containsExactly(
                        new Settled.Halted(1, "epoch 1: #micros is -1000, not 0 to 1000000000000000"),
                        new Settled.Halted(2, "epoch 1: demo|c-1|/b|view|1 has -1 units, not 0 to 1000000000000"),
                        new Settled.Halted(3, "epoch 1: c-1 has earned a negative sum: -1000 micros"));
        assertThat(balances()).isEqualTo(Map.of("creator:c-1", 1_000L, "publisher:demo", -1_000L));
    }

    /** One such field must not stop all sixteen. */
    @Test
    void whatNoCounterCanHoldHaltsItsOwnPartitionAndNoOther() {
        for (int partition = 0; partition < 12; partition++) {
            counters.count(partition, "c-1", "/a", EventType.VIEW, 1, 1_000);
        }
        earn(0, Map.of("#micros", "much"));
        earn(1, Map.of("#micros", "9999999999999999"));
        earn(2, Map.of("#events", "-1"));
        earn(3, Map.of("#events", "0"));
        earn(4, Map.of("c-1", "1e3"));
        seal(5, "253402300800000");
        seal(6, "-1");
        seal(7, "soon");
        counters.redis().xadd(Partition.of(8).engage(1), "r", "no record");
        counters.redis().xadd(Partition.of(9).engage(1), "x", "");
        units(10, Map.of("demo|c-1|/a|view|1", "99999999999999999999"));
        Settled settled = settlement.settleAll();
        assertThat(settled.halted().stream()
                        .map(h -> h.partition() + " " + h.why().replaceAll("[0-9]+-[0-9]+", "ID")))
                .containsExactly(
                        "0 epoch 1: '#micros' holds 'much', which is no whole number",
                        "1 epoch 1: #micros is 9999999999999999, not 0 to 1000000000000000",
                        "2 epoch 1: #events is -1, not 0 to 1000000000000",
                        "3 epoch 1: no events are counted, but 1000 micros or some units",
                        "4 epoch 1: 'c-1' holds '1e3', which is no whole number",
                        "5 epoch 1: #sealed is '253402300800000', no time between the years 2000 and 9999",
                        "6 epoch 1: #sealed is '-1', no time between the years 2000 and 9999",
                        "7 epoch 1: '#sealed' holds 'soon', which is no whole number",
                        "8 epoch 1: entry ID of {p08fo}:engage:1: a record breaks off, or is no text",
                        "9 epoch 1: entry ID of {p09o}:engage:1: entry ID has no records",
                        "10 epoch 1: 'demo|c-1|/a|view|1' holds '99999999999999999999', which is no whole number");
        assertThat(settled.micros()).isEqualTo(1_000);
        assertThat(balances()).isEqualTo(Map.of("creator:c-1", 1_000L, "publisher:demo", -1_000L));
        book.assertSound();
    }

    /** Whoever writes to Redis as they like sets no prices and invents no publishers. */
    @Test
    void whatTheLedgerDoesNotKnowIsNotBookedWhateverTheCatalogueSays() {
        counters.redis()
                .set(
                        CatalogStore.TEXT,
                        CatalogJson.write(new Catalog(
                                (1L << 53) - 1,
                                Map.of(),
                                List.of(new RateCard(777, 0, Map.of("view", new Rate(1_000_000_000, 1)))))));
        counters.count(1, new EngagementName("ghost", "thief", "/a", EventType.VIEW, 1), 1, 1_000);
        counters.count(2, new EngagementName("demo", "thief", "/a", EventType.VIEW, 777), 1, 1_000_000_000);
        counters.count(3, new EngagementName("demo", "thief", "/a", EventType.VIEW, 1), 1, 1_000_000_000);
        counters.count(4, "c-1", "/a", EventType.VIEW, 1, 1_000);
        card(5, 1_000);
        ledger.sql("UPDATE rate_card SET publisher = 'other' WHERE version = 5").update();
        counters.count(5, new EngagementName("demo", "thief", "/a", EventType.VIEW, 5), 1, 1_000);
        counters.count(6, new EngagementName("other", "c-1", "/a", EventType.VIEW, 5), 1, 1_000);
        assertThat(settlement.settleAll().halted())
                .containsExactly(
                        new Settled.Halted(1, "epoch 1: publisher ghost is not in the ledger"),
                        new Settled.Halted(2, "epoch 1: rate version 777 has no price for view in the ledger"),
                        new Settled.Halted(
                                3, "epoch 1: thief earned 1000000000 micros, but units times rates are 1000 micros"),
                        new Settled.Halted(5, "epoch 1: rate version 5 is publisher other's, and not demo's"));
        assertThat(balances())
                .isEqualTo(Map.of("creator:c-1", 2_000L, "publisher:demo", -1_000L, "publisher:other", -1_000L));

        ledger.sql("INSERT INTO publisher (publisher) VALUES ('ghost')").update();
        assertThat(settlement.settleAll().micros()).isEqualTo(1_000);
        assertThat(balances()).containsEntry("publisher:ghost", -1_000L);
    }

    /** What all was taken back is no engagement, and makes nobody known. */
    @Test
    void unitsThatWereAllTakenBackLeaveNothing() {
        counters.count(1, "c-1", "/a", EventType.VIEW, 1, 1_000);
        units(1, Map.of("demo|c-2|/b|view|1", "0"));
        settlement.settleAll();
        assertThat(ledger.sql("SELECT name FROM account ORDER BY 1")
                        .query(String.class)
                        .list())
                .containsExactly("creator:c-1", "publisher:demo");
        assertThat(ledger.sql("SELECT article FROM engagement")
                        .query(String.class)
                        .list())
                .containsExactly("/a");
    }

    private void earn(int partition, Map<String, String> fields) {
        counters.redis().hset(Partition.of(partition).earn(1), fields);
    }

    private void units(int partition, Map<String, String> fields) {
        counters.redis().hset(Partition.of(partition).folded(1), fields);
    }

    /** Moves the pointer on, with this for the time of the seal. */
    private void seal(int partition, String sealed) {
        earn(partition, Map.of("#sealed", sealed));
        counters.redis().hset(Partition.of(partition).ctl(), "epoch", "2");
    }

    /** A card with one price, for views, that has been in force since long ago. */
    private void card(int version, long micros) {
        ledger.sql(
                        "ALTER TABLE rate_card DISABLE TRIGGER card_begins_in_the_future, DISABLE TRIGGER card_is_known_before_it_begins")
                .update();
        ledger.sql("INSERT INTO rate_card (version, effective_at) VALUES (?, to_timestamp(?))")
                .params(version, version)
                .update();
        ledger.sql("INSERT INTO rate (version, type, micros, cap) VALUES (?, 'view', ?, 1)")
                .params(version, micros)
                .update();
    }

    @Test
    void whatTheLedgerWouldNotTakeHaltsItsOwnPartitionAndNotTheWholeSettlement() {
        String article = "/a";
        counters.count(1, "c 1", article, EventType.VIEW, 1, 1_000);
        counters.count(2, "c".repeat(65), article, EventType.VIEW, 1, 1_000);
        counters.count(3, "c-1", "a".repeat(129), EventType.VIEW, 1, 1_000);
        counters.count(4, "c-1", "a\u0000b", EventType.VIEW, 1, 1_000);
        counters.count(5, new EngagementName("Demo", "c-1", article, EventType.VIEW, 1), 1, 1_000);
        counters.count(6, "c-1", article, EventType.VIEW, 11, 11_000);
        units(6, Map.of("demo|c-1|/b|view|1", "-1", "demo|c-1|/a|view|1", "1"));
        counters.count(7, "c-1", article, EventType.VIEW, 1, 1_000);
        counters.redis().hset(Partition.of(8).folded(1), "x".repeat(100_000), "1");
        Settled settled = settlement.settleAll();
        assertThat(settled.micros()).isEqualTo(1_000);
        assertThat(settled.halted()).extracting(Settled.Halted::partition).containsExactly(1, 2, 3, 4, 5, 6, 8);
        assertThat(settled.halted().get(3).why()).contains("'demo|c-1|a?b|view|1' is not");
        assertThat(settled.halted().get(5).why()).contains("demo|c-1|/b|view|1 has -1 units");
        assertThat(settled.halted().getLast().why()).hasSizeLessThan(600);
    }

    @Test
    void anEpochWhoseHashIsGoneHaltsItsPartition() {
        counters.redis().hset(Partition.of(7).ctl(), "epoch", "3");
        Partition names = Partition.of(7);
        counters.count(7, "c-1", "/a", EventType.VIEW, 1, 1_000);
        assertThat(settlement.settleAll().halted())
                .containsExactly(
                        new Settled.Halted(7, "epoch 1: it is before the open one, but its earnings are gone"));

        counters.redis().hdel(names.ctl(), "epoch"); // the way out that docs/operating/reconcile.md tells of
        worker.bean(Watch.class).look();
        counters.count(7, "c-1", "/a", EventType.SCROLL, 1, 100);
        Settled settled = settlement.settleAll();
        assertThat(settled.halted()).isEmpty();
        assertThat(settled.micros()).isEqualTo(100);
        assertThat(counters.redis().hget(names.quarantine(2, "earn", 3), "c-1")).isEqualTo("1000");
    }

    @Test
    void settledEpochsAreReleasedButNeverTheLast() {
        counters.count(6, "c-1", "/a", EventType.VIEW, 1, 1_000);
        Partition names = Partition.of(6);
        settlement.settleAll();
        assertThat(counters.redis().exists(names.earn(1), names.engage(1))).isEqualTo(2);
        settlement.settleAll();
        assertThat(counters.redis().exists(names.earn(1), names.engage(1))).isEqualTo(2);
        settlement.settleAll();
        assertThat(counters.redis().exists(names.earn(1), names.engage(1))).isZero();
        assertThat(counters.redis().exists(names.earn(2), names.earn(3))).isEqualTo(2);
        assertThat(ledger.sql("SELECT released_epoch FROM partition_cursor WHERE partition = 6")
                        .query(Long.class)
                        .single())
                .isEqualTo(1);
    }

    @Test
    void epochsAreKeptForAsLongAsConfigured() {
        try (RunningWorker keeping = worker("--millrace.keep-settled=10m", RunningWorker.WITHOUT_SERVER)) {
            Settlement kept = keeping.bean(Settlement.class);
            IntStream.range(0, 4).forEach(i -> kept.settleAll());
        }
        assertThat(counters.redis()
                        .exists(
                                Partition.of(0).earn(1),
                                Partition.of(0).earn(2),
                                Partition.of(0).earn(3),
                                Partition.of(0).earn(4)))
                .isEqualTo(4);
    }

    @Test
    void onlyDuePartitionsAreSettledByTheClock() {
        Duration hour = Duration.ofHours(1);
        assertThat(settlement.settleDue()).isPositive().isLessThan(hour);
        assertThat(settledEpochs()).containsExactly(0L);
        ledger.sql("UPDATE partition_cursor SET settled_at = now() - interval '61 minutes' WHERE partition < 3")
                .update();
        settlement.settleDue();
        assertThat(settlement.settleDue())
                .as("until those that were not due are")
                .isPositive()
                .isLessThan(hour);
        assertThat(settledEpochs()).containsExactly(0L, 1L);
        assertThat(ledger.sql("SELECT count(*) FROM partition_cursor WHERE settled_epoch = 1")
                        .query(Long.class)
                        .single())
                .isEqualTo(3);
        ledger.sql("UPDATE partition_cursor SET settled_at = now() + interval '1 hour' WHERE partition = 0")
                .update();
        settlement.settleDue();
        assertThat(settledEpochs())
                .as("settled by a clock that has come back since")
                .containsExactly(0L, 1L, 2L);
        ledger.sql("UPDATE partition_cursor SET settled_at = now() - interval '61 minutes'")
                .update();
        assertThat(settlement.settleDue()).as("all are settled now").isEqualTo(hour);
    }

    private List<Long> settledEpochs() {
        return ledger.sql("SELECT DISTINCT settled_epoch FROM partition_cursor ORDER BY 1")
                .query(Long.class)
                .list();
    }

    @Test
    void aMillionEventsOfOneArticleWriteAHandfulOfRows() {
        for (int p = 0; p < 16; p++) {
            counters.count(
                    p,
                    Collections.nCopies(
                            62_500,
                            new Counting.Event(
                                    new EngagementName("demo", "c-1", "/viral", EventType.VIEW, 1), 1, 1_000)));
        }
        Settled settled = settlement.settleAll();
        assertThat(settled.events()).isEqualTo(1_000_000);
        assertThat(settled.micros()).isEqualTo(1_000_000_000);
        // 2 accounts, 1 journal and its head, 2 postings, 2 balances, 1 engagement, 1 score, 16 epochs, 16 cursors,
        // what the publisher has spent in 16 partitions, on the day and in all
        assertThat(settled.rows()).isEqualTo(42 + 32);
    }

    @Test
    void theWorkersLoginCanNotChangeWhatIsBooked() {
        counters.count(3, "c-1", "/a", EventType.VIEW, 1, 1_000);
        settlement.settleAll();
        JdbcClient settler = JdbcClient.create(new DriverManagerDataSource(
                database, Databases.SETTLER, RealServers.databases().password()));
        for (String forbidden : List.of(
                "UPDATE posting SET micros = 1",
                "DELETE FROM posting",
                "TRUNCATE posting",
                "UPDATE journal SET events = 0",
                "DELETE FROM journal",
                "DELETE FROM balance",
                "UPDATE account SET name = 'creator:x'",
                "INSERT INTO rate VALUES (1, 'view', 1, 1)",
                "DELETE FROM settled_epoch",
                "UPDATE posting_" + month() + " SET micros = 1",
                "TRUNCATE journal_" + month(),
                "CREATE TABLE mine (x int)")) {
            assertThatThrownBy(() -> settler.sql(forbidden).update())
                    .as(forbidden)
                    .isInstanceOf(DataAccessException.class)
                    .rootCause()
                    .hasMessageContaining("denied");
        }
        for (String forbidden : List.of(
                "DELETE FROM posting",
                "UPDATE posting_" + month() + " SET micros = 1",
                "TRUNCATE posting_" + month(),
                "DELETE FROM journal_" + month())) {
            assertThatThrownBy(() -> ledger.sql(forbidden).update())
                    .as("even the owner: " + forbidden)
                    .rootCause()
                    .hasMessageContaining("entries are never changed");
        }
    }

    private static String month() {
        return DateTimeFormatter.ofPattern("yyyy_MM").format(OffsetDateTime.now(ZoneOffset.UTC));
    }

    /** As the worker's login, in a transaction of its own. */
    private void asSettler(String... statements) throws SQLException {
        try (Connection connection = RealServers.databases()
                        .connect(Databases.SETTLER, database.substring(database.lastIndexOf('/') + 1));
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (String sql : statements) {
                statement.execute(sql);
            }
            connection.commit();
        }
    }

    private static final String JOURNAL =
            "INSERT INTO journal (journal_id, created_at, kind, events, salt, root, prev_hash, hash)"
                    + " VALUES (77, now(), 'settlement', 1, sha256(''), sha256(''), sha256(''), sha256(''))";
    private static final String POSTING =
            "INSERT INTO posting SELECT account_id, now(), 77, (SELECT count(*) FROM public.posting WHERE journal_id = 77), 'demo', %d FROM account WHERE name = '%s'";

    @Test
    void aJournalThatDoesNotBalanceCanNotBeCommittedByAnyTrick() throws SQLException {
        counters.count(3, "c-1", "/a", EventType.VIEW, 1, 1_000);
        settlement.settleAll();
        String credit = POSTING.formatted(5, "creator:c-1");
        String debit = POSTING.formatted(-5, "publisher:demo");
        assertThatThrownBy(() -> asSettler(JOURNAL)).hasMessageContaining("journal 77 has 0 postings");
        assertThatThrownBy(() -> asSettler(JOURNAL, credit)).hasMessageContaining("has 1 postings that sum to 5");
        assertThatThrownBy(() -> asSettler(JOURNAL, credit, POSTING.formatted(-4, "publisher:demo")))
                .hasMessageContaining("sum to 1 micros");
        assertThatThrownBy(() -> asSettler(credit)).hasMessageContaining("journal 77 is not of this transaction");
        assertThatThrownBy(() -> asSettler(
                        "INSERT INTO posting SELECT 987654, now(), journal_id, 9, 'demo', 5 FROM (VALUES (77)) j (journal_id)",
                        JOURNAL))
                .isInstanceOf(SQLException.class);
        assertThatThrownBy(
                        () -> asSettler(
                                "INSERT INTO posting SELECT account_id, created_at, journal_id, 9, 'more', 5 FROM posting LIMIT 1"))
                .hasMessageContaining("journal 1 is not of this transaction");
        assertThatThrownBy(() -> asSettler(
                        "CREATE TEMP TABLE posting (created_at timestamptz, journal_id bigint, micros bigint)",
                        "INSERT INTO pg_temp.posting VALUES (now(), 77, 5), (now(), 77, -5)",
                        JOURNAL,
                        credit.replace("INTO posting", "INTO public.posting")))
                .as("a temporary table in the place of the ledger's")
                .hasMessageContaining("has 1 postings that sum to 5");
        assertThatThrownBy(() -> asSettler(JOURNAL, credit, debit))
                .as("one that balances, but stands outside of the chain")
                .hasMessageContaining("journal 77 is not the head of the chain");
    }

    /** As when the database moves to a machine whose clock is behind. */
    @Test
    void aJournalIsNeverOfAnEarlierTimeThanTheOneBefore() {
        ledger.sql("ALTER TABLE chain_head DISABLE TRIGGER USER").update();
        ledger.sql("UPDATE chain_head SET created_at = now() + interval '1 minute'")
                .update();
        ledger.sql("ALTER TABLE chain_head ENABLE TRIGGER USER").update();
        String before = ledger.sql("SELECT created_at::text FROM chain_head")
                .query(String.class)
                .single();
        counters.count(3, "c-1", "/a", EventType.VIEW, 1, 1_000);
        settlement.settleAll();
        assertThat(ledger.sql("SELECT (created_at - ?::timestamptz)::text FROM journal")
                        .param(before)
                        .query(String.class)
                        .list())
                .containsExactly("00:00:00.000001");
    }

    @Test
    void noLoginCanRunItsOwnCodeAsTheOwner() throws SQLException {
        try (Connection connection = RealServers.databases()
                        .connect(Databases.LEDGER, database.substring(database.lastIndexOf('/') + 1));
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TEMP TABLE catalog_revision (singleton boolean, revision bigint)");
            statement.execute("INSERT INTO pg_temp.catalog_revision VALUES (true, 0)");
            statement.execute("INSERT INTO publisher (publisher) VALUES ('trick')");
        }
        assertThat(ledger.sql("SELECT revision FROM public.catalog_revision")
                        .query(Long.class)
                        .single())
                .isGreaterThan(1);
    }

    @Test
    void aRevokedKeyStaysRevoked() {
        ledger.sql("INSERT INTO publisher (publisher) VALUES ('p')").update();
        ledger.sql("INSERT INTO publisher_key (publisher, number, revoked_at) VALUES ('p', 1, now())")
                .update();
        assertThatThrownBy(() ->
                        ledger.sql("UPDATE publisher_key SET revoked_at = NULL").update())
                .rootCause()
                .hasMessageContaining("key p.1 is revoked for good");
    }

    @Test
    void aKeyOfTheWrongTypeHaltsOnlyItsPartition() {
        counters.count(1, "c-1", "/a", EventType.VIEW, 1, 1_000);
        counters.count(2, "c-1", "/a", EventType.VIEW, 1, 1_000);
        counters.redis().set(Partition.of(2).engage(1), "no hash");
        Settled settled = settlement.settleAll();
        assertThat(settled.micros()).isEqualTo(1_000);
        assertThat(settled.halted())
                .singleElement()
                .satisfies(h -> assertThat(h.why()).startsWith("Redis refuses: WRONGTYPE"));
    }

    @Test
    void soundEpochsBeforeABrokenOneAreSettled() {
        Partition names = Partition.of(5);
        counters.count(5, "c-1", "/a", EventType.VIEW, 1, 1_000);
        counters.redis().hset(names.earn(1), "#sealed", "1764000000000");
        counters.redis().hset(names.ctl(), "epoch", "2");
        counters.count(5, "c-1", "/a", EventType.VIEW, 1, 1_000);
        counters.redis().hincrby(names.earn(2), "#micros", 1);
        Settled settled = settlement.settleAll();
        assertThat(settled.micros()).isEqualTo(1_000);
        assertThat(settled.halted())
                .singleElement()
                .satisfies(h -> assertThat(h.why()).startsWith("epoch 2: earnings sum to 1000"));
        assertThat(ledger.sql(
                                "SELECT settled_epoch || ' ' || (halted IS NOT NULL) FROM partition_cursor WHERE partition = 5")
                        .query(String.class)
                        .single())
                .isEqualTo("1 true");
    }

    @Test
    void articlesOfAnyCharactersSurviveALargeCopy() {
        String article = "\ud83d\ude00".repeat(100);
        counters.count(
                5,
                IntStream.range(0, 24_000)
                        .mapToObj(i -> new Counting.Event(
                                new EngagementName("demo", "c-1", i + article, EventType.VIEW, 1), 1, 1_000))
                        .toList());
        assertThat(settlement.settleAll().micros()).isEqualTo(24_000_000);
        assertThat(ledger.sql("SELECT count(*) FROM engagement WHERE article LIKE '%?%'")
                        .query(Long.class)
                        .single())
                .isZero();
        assertThat(ledger.sql("SELECT count(DISTINCT article) FROM engagement")
                        .query(Long.class)
                        .single())
                .isEqualTo(24_000);
    }

    @Test
    void aSettlementCanBeAskedForFromTheSameMachineOnlyAndByNoPageInABrowser() throws Exception {
        MockHttpServletRequest stranger = new MockHttpServletRequest();
        stranger.setRemoteAddr("192.0.2.7");
        stranger.addHeader("X-Millrace-Settle", "now");
        assertRefused(stranger, Problem.LOOPBACK_ONLY);
        counters.count(3, "c-1", "/a", EventType.VIEW, 1, 1_000);
        MockHttpServletRequest neighbour = new MockHttpServletRequest();
        neighbour.setRemoteAddr("127.0.0.1");
        assertRefused(neighbour, Problem.SETTLE_HEADER_MISSING);
        assertThat(balances()).isEmpty();
        neighbour.addHeader("X-Millrace-Settle", "now");
        assertThat(worker.bean(SettleNow.class).settle(neighbour).micros()).isEqualTo(1_000);
        assertThat(balances()).containsEntry("creator:c-1", 1_000L);
        assertThat(ledger.sql(
                                "SELECT subject || ' ' || action || ' ' || target || ' ' || (after->>'micros') FROM audit")
                        .query(String.class)
                        .list())
                .containsExactly("local:%s settle all 1000".formatted(System.getProperty("user.name")));
    }

    /** Whoever asks takes the answer for "all that was counted before is in the ledger". */
    @Test
    void aSettlementThatLeftPartitionsOutIsNotCalledDone() {
        counters.redis().hset(Partition.of(3).ctl(), "process", "another-process");
        MockHttpServletRequest neighbour = new MockHttpServletRequest();
        neighbour.setRemoteAddr("127.0.0.1");
        neighbour.addHeader("X-Millrace-Settle", "now");
        assertRefused(neighbour, Problem.SETTLEMENT_INCOMPLETE);
    }

    @Test
    void theAnswersOfTheWorkerAreProblemDetailsToo() throws Exception {
        try (RunningWorker served = worker();
                HttpClient client = HttpClient.newHttpClient()) {
            URI address = URI.create("http://127.0.0.1:" + served.port());
            HttpResponse<String> refused = client.send(
                    HttpRequest.newBuilder(address.resolve("/actuator/settle"))
                            .POST(HttpRequest.BodyPublishers.noBody())
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(refused.statusCode()).isEqualTo(403);
            assertThat(refused.body()).isEqualTo("""
                            {"detail":"send the header X-Millrace-Settle: now with the request","instance":"/actuator/settle",\
                            "status":403,"title":"The request lacks a header","type":"urn:millrace:problem:settle-header-missing",\
                            "code":"settle-header-missing"}""");
            HttpResponse<String> asked = client.send(
                    HttpRequest.newBuilder(address.resolve("/actuator/settle?dry-run=true"))
                            .header("X-Millrace-Settle", "now")
                            .POST(HttpRequest.BodyPublishers.noBody())
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(asked.statusCode()).isEqualTo(400);
            assertThat(asked.body()).contains("\"code\":\"parameter-unknown\"");
            HttpResponse<String> nothing = client.send(
                    HttpRequest.newBuilder(address.resolve("/nothing")).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(nothing.statusCode()).isEqualTo(404);
            assertThat(nothing.body()).contains("\"code\":\"not-found\"").contains("nothing is at /nothing");
        }
    }

    private void assertRefused(MockHttpServletRequest request, Problem problem) {
        assertThatThrownBy(() -> worker.bean(SettleNow.class).settle(request))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refused -> assertThat(refused.problem()).isEqualTo(problem));
    }

    private Map<String, Long> balances() {
        Map<String, Long> balances = new java.util.HashMap<>();
        ledger.sql("SELECT name, micros FROM balance JOIN account USING (account_id)")
                .query((row, n) -> balances.put(row.getString(1), row.getLong(2)))
                .list();
        return balances;
    }

    private List<String> postings() {
        return ledger.sql(
                        "SELECT name || ' ' || publisher || ' ' || micros FROM posting JOIN account USING (account_id) ORDER BY 1")
                .query(String.class)
                .list();
    }
}
