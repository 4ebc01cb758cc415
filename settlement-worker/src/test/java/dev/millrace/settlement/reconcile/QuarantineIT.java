package dev.millrace.settlement.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.Partition;
import dev.millrace.local.server.Databases;
import dev.millrace.local.testing.Moments;
import dev.millrace.local.testing.RealServers;
import dev.millrace.settlement.Counting;
import dev.millrace.settlement.RunningWorker;
import dev.millrace.settlement.settle.Settlement;
import dev.millrace.settlement.watch.Watch;
import io.lettuce.core.RestoreArgs;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/** Quarantined epochs are listed, and paid or put by once, by a person's word. */
class QuarantineIT {
    /** An older copy of an epoch that was settled, with 700 micros. */
    private static final String OLDER = "{p08fo}:quarantine:2:earn:2";

    /** An epoch that was never settled, with 1,350 micros of three events; another one has its number since. */
    private static final String UNPAID = "{p09o}:quarantine:2:earn:3";

    private static final List<String> WHY = List.of("--reason", "counted before the pointer was lost");

    private static World world;
    private static Counting counters;

    private String database = "";
    private JdbcClient ledger;

    @BeforeAll
    static void loseCounters() {
        RealServers.flushRedis();
        String fresh = RunningWorker.freshDatabase();
        counters = new Counting(RealServers.redisUrl());
        try (RunningWorker worker = new RunningWorker(
                        RealServers.redisUrl(), fresh, RealServers.databases(), RunningWorker.WITHOUT_SERVER)
                .byHand()) {
            Watch watch = worker.bean(Watch.class);
            Settlement settlement = worker.bean(Settlement.class);
            watch.look();
            settlement.settleAll();
            counters.count(8, "c-1", "/a", EventType.SCROLL, 7, 700);
            settlement.settleAll();
            counters.count(9, "c-1", "/a", EventType.VIEW, 1, 1_000);
            counters.count(9, new EngagementName("other", "c-new", "/b|c", EventType.COMMENT, 1), 6, 300);
            counters.count(9, new EngagementName("other", "c-new", "/b|c", EventType.COMMENT, 1), 1, 50);
            // Redis restored from before its epoch was settled; and one whose pointer is gone.
            counters.redis().hset(Partition.of(8).ctl(), "epoch", "2");
            counters.redis().hdel(Partition.of(8).earn(2), "#sealed");
            counters.redis().hdel(Partition.of(9).ctl(), "epoch");
            while (counters.redis().hget(Partition.of(9).ctl(), "epoch") == null) {
                watch.look();
            }
            watch.look();
            counters.count(9, "c-1", "/a", EventType.SCROLL, 1, 100);
            settlement.settleAll();
        }
        world = World.keep(fresh);
    }

    @AfterAll
    static void stop() {
        counters.close();
    }

    @BeforeEach
    void bringBack() {
        database = world.bringBack();
        ledger = World.owner(database);
    }

    @Test
    void whatWasSetAsideIsListedWithWhatCanBeDoneAboutIt() {
        Ran ran = Ran.on(database);
        assertThat(ran.out().replaceAll("on 2\\d{3}-[-0-9T:]+Z", "on DATE")).endsWith("""
                drift                         0 micros               0.000000
                quarantined {p08fo}:quarantine:2:earn:2  micros=700  events=1  creators=1 (c-1 700)
                  on DATE, of a time whose last settled epoch is 2
                  undecided; can't be adopted: it is an older copy of epoch 2, which was settled before this was quarantined: paying it would pay twice. Discard it
                quarantined {p09o}:quarantine:2:earn:3  micros=1350  events=3  creators=2 (c-1 1000, c-new 350)
                  on DATE, of a time whose last settled epoch is 2
                  undecided; never settled and never paid: adopt it, or discard it
                2 journals hashed again; 0 differences; 2 quarantined epochs undecided
                """);
        assertThat(ran.exit()).isEqualTo(1);
        JsonNode second = Ran.on(database, "--json").json().get("quarantine").get(1);
        assertThat(second.get("name").asString()).isEqualTo(UNPAID);
        assertThat(second.get("adoptable").asBoolean()).isTrue();
    }

    @Test
    void whatWasNeverPaidIsPaidOnce() {
        assertThat(balances()).isEqualTo(Map.of("creator:c-1", 800L, "publisher:demo", -800L));
        Moments.awayFromTheEndOf(Duration.ofDays(1));
        Instant longAgo = Instant.now().minus(Duration.ofDays(40));
        counters.redis().hset(UNPAID, Ctl.ASIDE, Long.toString(longAgo.getEpochSecond()));
        counters.redis().hset(UNPAID, Ctl.SEALED, Long.toString(longAgo.toEpochMilli()));
        Ran adopted = decide("--adopt", UNPAID);
        assertThat(adopted.out()).isEqualTo("adopted {p09o}:quarantine:2:earn:3 as journal 3: 1350 micros, 3 events\n");
        assertThat(adopted.exit()).isZero();
        Map<String, Long> paid = Map.of(
                "creator:c-1", 1_800L, "creator:c-new", 350L, "publisher:demo", -1_800L, "publisher:other", -350L);
        assertThat(balances()).isEqualTo(paid);
        assertThat(ledger.sql("SELECT kind || ' ' || events || ' ' || reason FROM journal WHERE journal_id = 3")
                        .query(String.class)
                        .single())
                .isEqualTo("adoption 3 counted before the pointer was lost");
        assertThat(ledger.sql("SELECT units || ' ' || micros FROM engagement WHERE article = '/b|c'")
                        .query(String.class)
                        .list())
                .containsExactly("7 350");
        assertThat(ledger.sql("SELECT DISTINCT day FROM engagement WHERE creator = 'c-new'")
                        .query(LocalDate.class)
                        .list())
                .as("no day before the decision changes")
                .containsExactly(LocalDate.now(ZoneOffset.UTC));

        assertThat(ledger.sql(
                                "SELECT action || ' ' || target || ' ' || (after->>'micros') || ' ' || (after->>'events') || ' ' || reason FROM audit WHERE subject = ?")
                        .param("local:" + System.getProperty("user.name"))
                        .query(String.class)
                        .list())
                .containsExactly("epoch.adopt " + UNPAID + " 1350 3 counted before the pointer was lost");

        for (String again : List.of("--adopt", "--discard")) {
            Ran refused = decide(again, UNPAID);
            assertThat(refused.exit()).isEqualTo(1);
            assertThat(refused.out())
                    .startsWith(UNPAID + ": it is decided already: adopted on ")
                    .endsWith(" as journal 3: counted before the pointer was lost\n");
        }
        assertThat(balances()).isEqualTo(paid);
        JsonNode seen = Ran.on(database, "--json").json();
        assertThat(seen.get("differing").asInt()).isZero();
        assertThat(seen.get("money").get("drift").asInt()).isZero();
        assertThat(seen.get("undecided").asInt()).isEqualTo(1);
        assertThat(seen.get("quarantine").get(1).get("decision").asString()).isEqualTo("adopted");
    }

    @Test
    void whatWasPaidAlreadyIsNotPaidAgainButCanBeDiscarded() {
        Ran refused = decide("--adopt", OLDER);
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.out())
                .isEqualTo(
                        OLDER
                                + ": it is an older copy of epoch 2, which was settled before this was quarantined: paying it would pay twice\n");
        assertThat(decide("--discard", OLDER).out())
                .isEqualTo("discarded {p08fo}:quarantine:2:earn:2 as journal 3: 700 micros, 1 events\n");
        assertThat(balances())
                .isEqualTo(
                        Map.of("creator:c-1", 800L, "publisher:demo", -800L, "discarded", 700L, "adjustment", -700L));
        assertThat(decide("--discard", UNPAID).exit()).isZero();
        assertThat(balances().get("discarded")).isEqualTo(2_050);
        Ran all = Ran.on(database);
        assertThat(all.exit()).as(all.out()).isZero();
        assertThat(all.out()).contains("4 journals hashed again; 0 differences; 0 quarantined epochs undecided");
    }

    /** Whoever decides holds the head of the chain; asleep (Ctrl-Z), it must not hold every settlement up. */
    @Test
    void aDecisionThatFellAsleepIsGivenUp() {
        DataSourceProperties worker = new DataSourceProperties();
        worker.setUrl(database);
        worker.setUsername(Databases.SETTLER);
        worker.setPassword(RealServers.password());
        assertThat(JdbcClient.create(ReconcileConfiguration.booking(worker))
                        .sql("SHOW idle_in_transaction_session_timeout")
                        .query(String.class)
                        .single())
                .isEqualTo("30s");
    }

    @Test
    void twoPeopleWhoAdoptAtATimePayOnce() {
        List<CompletableFuture<Ran>> both = Stream.of(1, 2)
                .map(i -> CompletableFuture.supplyAsync(() -> decide("--adopt", UNPAID)))
                .toList();
        assertThat(both.stream().map(f -> f.join().exit()).sorted()).containsExactly(0, 1);
        assertThat(balances().get("creator:c-new")).isEqualTo(350);
    }

    /**
     * A volume that was not mounted, and then was: what it holds was never settled, although epochs of the same numbers were.
     * It is paid once, also where a second copy of it turns up.
     */
    @Test
    void whatWasCountedBeforeAnotherOpeningUsedItsNumberIsPaidOnce() {
        RealServers.flushRedis();
        String fresh = RunningWorker.freshDatabase();
        Partition names = Partition.of(4);
        try (RunningWorker worker = new RunningWorker(
                        RealServers.redisUrl(), fresh, RealServers.databases(), RunningWorker.WITHOUT_SERVER)
                .byHand()) {
            Watch watch = worker.bean(Watch.class);
            Settlement settlement = worker.bean(Settlement.class);
            watch.look();
            settlement.settleAll();
            counters.count(4, "c-1", "/a", EventType.VIEW, 1, 1_000);
            counters.redis().hset(names.earn(2), "#sealed", "1764000000000");
            counters.redis().hset(names.ctl(), "epoch", "3");
            counters.count(4, "c-1", "/a", EventType.SCROLL, 5, 500);
            Map<String, byte[]> volume = new HashMap<>();
            counters.redis()
                    .keys("{p04c}:*")
                    .forEach(key -> volume.put(key, counters.redis().dump(key)));

            counters.redis().flushall();
            watch.look();
            for (int epoch = 2; epoch <= 4; epoch++) {
                counters.count(4, "c-1", "/a", EventType.SCROLL, 1, 100);
                settlement.settleAll();
            }
            for (int opening = 3; opening <= 4; opening++) {
                counters.redis().del(counters.redis().keys("{p04c}:e*").toArray(String[]::new));
                volume.forEach((key, value) -> counters.redis()
                        .restore(key, value, RestoreArgs.Builder.ttl(0).replace()));
                watch.look();
                assertThat(counters.redis().hget(names.ctl(), "lineage")).isEqualTo(Integer.toString(opening));
                assertThat(counters.redis().keys("{p04c}:earn:*"))
                        .as("settled in its time")
                        .containsExactly(names.earn(1));
            }
        }
        String sealed = names.quarantine(3, "earn", 2);
        String open = names.quarantine(3, "earn", 3);
        assertThat(Ran.on(fresh, "--adopt", sealed, "--reason", "the volume was not mounted")
                        .exit())
                .isZero();
        assertThat(Ran.on(fresh, "--adopt", open, "--reason", "the volume was not mounted")
                        .exit())
                .isZero();
        Ran again = Ran.on(fresh, "--adopt", names.quarantine(4, "earn", 3), "--reason", "once more");
        assertThat(again.exit()).isEqualTo(1);
        assertThat(again.out()).contains("another copy of the same epoch, " + open + ", was adopted on ");
        assertThat(World.owner(fresh)
                        .sql("SELECT micros FROM balance JOIN account USING (account_id) WHERE name = 'creator:c-1'")
                        .query(Long.class)
                        .single())
                .isEqualTo(1_800);
    }

    @Test
    void aCrashBetweenTheCommitAndTheTidyingUpIsTidiedUpByTheNextCall() {
        decide("--adopt", UNPAID);
        String engage = UNPAID.replace("earn", "engage");
        assertThat(counters.redis().ttl(UNPAID)).isBetween(80_000L, 86_400L);
        counters.redis().persist(UNPAID);
        counters.redis().persist(engage);
        Ran seen = Ran.on(database, "--json");
        assertThat(seen.json().get("undecided").asInt()).as("the row decides").isEqualTo(1);
        assertThat(decide("--adopt", UNPAID).exit()).isEqualTo(1);
        assertThat(counters.redis().ttl(UNPAID)).isBetween(80_000L, 86_400L);
        assertThat(counters.redis().ttl(engage)).isBetween(80_000L, 86_400L);
        counters.redis().del(UNPAID, engage);
        assertThat(decide("--adopt", UNPAID).out()).contains("it is decided already: adopted on ");
        assertThat(balances().get("creator:c-new")).isEqualTo(350);
    }

    @Test
    void whatDoesNotAddUpIsNotPaid() {
        counters.redis().hincrby(UNPAID, "c-new", 7);
        assertThat(decide("--adopt", UNPAID).out())
                .isEqualTo(UNPAID
                        + ": it does not add up: earnings sum to 1357 micros, the control total is 1350 micros\n");
        counters.redis().hset(UNPAID, "non sense", "5");
        counters.redis().hset(UNPAID, "#micros", "much");
        assertThat(decide("--discard", UNPAID).out())
                .isEqualTo("discarded {p09o}:quarantine:2:earn:3 as journal 3: 1357 micros, 3 events\n");
        assertThat(Ran.on(database, "--json").json().get("differing").asInt()).isZero();
    }

    @Test
    void whatDoesNotSayWhatWasSettledThenIsNotPaid() {
        counters.redis().hdel(UNPAID, "#settled");
        assertThat(decide("--adopt", UNPAID).out())
                .contains("it does not say what was settled when it was quarantined");
    }

    @Test
    void whatDoesNotSayWhenItWasSetAsideIsNotPaid() {
        counters.redis().hdel(UNPAID, "#aside");
        assertThat(decide("--adopt", UNPAID).out()).contains("it does not say when it was quarantined");
    }

    @Test
    void aKeyThatIsNoHashIsListedAndDiscardedWithoutAJournal() {
        counters.redis().del(UNPAID, UNPAID.replace("earn", "engage"));
        counters.redis().set(UNPAID, "no hash");
        assertThat(decide("--adopt", UNPAID).exit()).isEqualTo(1);
        assertThat(decide("--discard", UNPAID).out())
                .isEqualTo("discarded {p09o}:quarantine:2:earn:3: 0 micros, 0 events\n");
        assertThat(decide("--discard", "{p03bn}:quarantine:2:earn:3").out()).contains("there is no such key in Redis");
    }

    @Test
    void aLineageTheLedgerHasNotHeardOfIsNotDecidedUpon() throws SQLException {
        World.damage(database, "UPDATE partition_cursor SET lineage = 1 WHERE partition = 9");
        assertThat(decide("--adopt", UNPAID).out()).contains("the ledger knows lineage 1 of partition 09, not yet 2");
    }

    @Test
    void aHashThatChangedAfterTheDecisionShows() {
        decide("--adopt", UNPAID);
        counters.redis().hincrby(UNPAID, "c-new", 7);
        assertThat(Ran.on(database, "--json").differences())
                .containsExactly("decision " + UNPAID + ": it does not hold what was decided about");
    }

    private Ran decide(String verdict, String name) {
        return Ran.on(database, verdict, name, WHY.get(0), WHY.get(1));
    }

    private Map<String, Long> balances() {
        Map<String, Long> balances = new HashMap<>();
        ledger.sql("SELECT name, micros FROM balance JOIN account USING (account_id)")
                .query((row, n) -> balances.put(row.getString(1), row.getLong(2)))
                .list();
        return balances;
    }
}
