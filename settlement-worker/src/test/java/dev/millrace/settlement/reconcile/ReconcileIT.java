package dev.millrace.settlement.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Filter;
import dev.millrace.common.token.Note;
import dev.millrace.counters.Partition;
import dev.millrace.local.server.Ports;
import dev.millrace.local.testing.RealServers;
import dev.millrace.settlement.Counting;
import dev.millrace.settlement.RunningWorker;
import dev.millrace.settlement.settle.Settlement;
import dev.millrace.settlement.watch.Watch;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A sound ledger has no differences, and each kind of damage is found and named. */
class ReconcileIT {
    private static World sound;
    private static Counting counters;

    private String database = "";

    /**
     * Three journals: 1 pays c-1 1,000 (demo) and c-2 350 (other), 2 pays c-1 1,000, 3 pays c-3 100. Pending: c-1 1,000 in
     * the open epoch of partition 14, which is its own, c-2 1,000 in a sealed one of partition 6. Of c-1 two views and one reading mark are filtered.
     */
    @BeforeAll
    static void settleSomething() {
        RealServers.flushRedis();
        String fresh = RunningWorker.freshDatabase();
        counters = new Counting(RealServers.redisUrl());
        try (RunningWorker worker = new RunningWorker(
                        RealServers.redisUrl(), fresh, RealServers.databases(), RunningWorker.WITHOUT_SERVER)
                .byHand()) {
            worker.bean(Watch.class).look();
            Settlement settlement = worker.bean(Settlement.class);
            counters.count(3, "c-1", "/a", EventType.VIEW, 1, 1_000);
            counters.count(9, new EngagementName("other", "c-2", "/b", EventType.COMMENT, 1), 7, 350);
            Note robot = Note.filtered(Filter.ROBOT);
            counters.count(3, new EngagementName("demo", "c-1", "/a", EventType.VIEW, 1).with(robot), 2, 0);
            counters.count(3, new EngagementName("demo", "c-1", "/b", EventType.READ, 1).with(robot), 1, 0);
            settlement.settleAll();
            counters.count(3, "c-1", "/a", EventType.VIEW, 1, 1_000);
            settlement.settleAll();
            counters.count(4, "c-3", "/a", EventType.SCROLL, 1, 100);
            settlement.settleAll();
        }
        counters.count(14, "c-1", "/a", EventType.VIEW, 1, 1_000);
        counters.count(6, new EngagementName("other", "c-2", "/b", EventType.VIEW, 1), 1, 1_000);
        counters.redis().hset(Partition.of(6).earn(4), "#sealed", "1764000000000");
        counters.redis().hset(Partition.of(6).ctl(), "epoch", "5");
        sound = World.keep(fresh);
    }

    @AfterAll
    static void stop() {
        counters.close();
    }

    @BeforeEach
    void bringBack() {
        database = sound.bringBack();
    }

    @Test
    void aSoundLedgerHasNoDifferences() {
        Ran ran = Ran.on(database);
        assertThat(ran.out()).isEqualTo("""
                counted                   4,450 micros               0.004450
                settled                   2,450 micros               0.002450
                pending                   2,000 micros               0.002000
                drift                         0 micros               0.000000
                3 journals hashed again; 0 differences; 0 quarantined epochs undecided
                """);
        assertThat(ran.exit()).isZero();
        assertThat(Ran.on(database, "--json").out())
                .isEqualTo(
                        "{\"money\":{\"counted\":4450,\"settled\":2450,\"pending\":2000,\"drift\":0,\"partitions\":16},\"notes\":[],\"differences\":[],\"quarantine\":[],\"journals\":3,\"differing\":0,\"undecided\":0}\n");
    }

    private String hash(int journal) {
        return World.owner(database)
                .sql("SELECT encode(hash, 'hex') FROM journal WHERE journal_id = ?")
                .param(journal)
                .query(String.class)
                .single();
    }

    @Test
    void sinceAHashOnlyLaterJournalsAreHashedAgain() {
        Ran ran = Ran.on(database, "--since", hash(2));
        assertThat(ran.out()).endsWith("2 journals hashed again; 0 differences; 0 quarantined epochs undecided\n");
        assertThat(ran.exit()).isZero();
        assertThat(Ran.on(database, "--since=" + hash(3)).out()).contains("1 journals hashed again");
    }

    /** The owner has rewritten the second journal and everything behind it, with hashes that fit. */
    @Test
    void aHashThatNoJournalHasIsADifference() throws SQLException {
        String kept = hash(2);
        World.damage(
                database,
                "UPDATE journal SET hash = sha256(hash) WHERE journal_id = 2",
                "UPDATE journal SET prev_hash = (SELECT hash FROM journal WHERE journal_id = 2) WHERE journal_id = 3");
        Ran ran = Ran.on(database, "--json", "--since", kept);
        assertThat(ran.exit()).isEqualTo(1);
        assertThat(ran.differences())
                .contains("chain %s: no journal has this hash: the ledger is another one, older, or was rewritten"
                        .formatted(kept));
        assertThat(ran.json().get("journals").asInt()).isZero();
    }

    @Test
    void whatIsChangedBehindTheHashIsFound() throws SQLException {
        World.damage(database, "UPDATE journal SET events = events + 1 WHERE journal_id IN (1, 3)");
        assertThat(Ran.on(database, "--json", "--since", hash(2)).differences())
                .filteredOn(difference -> difference.contains("hash"))
                .containsExactly("journal 3: its rows have another hash than it says");
    }

    @Test
    void sinceTakesAHash() {
        for (String wrong : List.of("1", hash(1).substring(1), hash(1).toUpperCase(Locale.ROOT), "x".repeat(64))) {
            Ran ran = Ran.on(database, "--since", wrong);
            assertThat(ran.exit()).isEqualTo(2);
            assertThat(ran.err()).contains("--since takes the 64 hexadecimal digits of a journal's hash");
        }
    }

    @Test
    void anEmptyLedgerHasNoDifferences() {
        RealServers.flushRedis();
        String fresh = RunningWorker.freshDatabase();
        assertThat(Ran.on(fresh).exit()).isZero();
    }

    private static Arguments damage(String sql, String... differences) {
        return Arguments.of(sql, List.of(differences));
    }

    static Stream<Arguments> damages() {
        return Stream.of(
                damage(
                        "UPDATE posting SET micros = micros + 1 WHERE journal_id = 2 AND micros > 0",
                        "creator c-1: the balance is not the sum of its postings; postings are not units × rates, of demo",
                        "publisher demo: its debit is not the sum of the credits it pays for",
                        "credit creator:c-1: credited is not the sum of the credits",
                        "journal 2: its rows have another hash than it says",
                        "journal 2: its postings do not sum to zero, or are fewer than two",
                        "journal 2: is not what it was booked from: the epochs that were settled with it"),
                damage(
                        "UPDATE posting SET publisher = 'other' WHERE journal_id = 3 AND micros > 0",
                        "creator c-3: postings are not units × rates, of demo, other",
                        "publisher demo: its debit is not the sum of the credits it pays for",
                        "publisher other: its debit is not the sum of the credits it pays for",
                        "journal 3: its rows have another hash than it says"),
                damage(
                        "UPDATE balance SET micros = micros + 1 WHERE account_id = (SELECT account_id FROM account WHERE name = 'creator:c-1')",
                        "creator c-1: the balance is not the sum of its postings"),
                damage(
                        "DELETE FROM balance WHERE account_id = (SELECT account_id FROM account WHERE name = 'publisher:demo')",
                        "account publisher:demo: the balance is not the sum of its postings"),
                damage(
                        "UPDATE engagement SET units = units + 1 WHERE creator = 'c-3'",
                        "creator c-3: postings are not units × rates, of demo; archived micros are not units × rate in 1 rows"),
                damage(
                        "UPDATE engagement SET micros = micros + 1 WHERE creator = 'c-2'",
                        "creator c-2: archived micros are not units × rate in 1 rows"),
                damage(
                        "DELETE FROM engagement WHERE creator = 'c-2'",
                        "creator c-2: postings are not units × rates, of other"),
                damage(
                        "UPDATE filtered SET micros = micros + 1",
                        "filtered c-1: archived micros are not units × rate in 2 rows"),
                damage(
                        "UPDATE filtered SET units = units + 1 WHERE type = 'read'",
                        "filtered c-1: archived micros are not units × rate in 1 rows"),
                damage(
                        "INSERT INTO filtered VALUES (current_date, 'c-9', 'demo', '/', 'self', 'view', 77, 1, 0)",
                        "filtered c-9: archived micros are not units × rate in 1 rows"),
                damage(
                        "UPDATE journal SET hash = sha256('x') WHERE journal_id = 2",
                        "journal 2: its rows have another hash than it says",
                        "journal 3: does not follow the hash of journal 2"),
                damage(
                        "UPDATE journal SET hash = sha256('x') WHERE journal_id = 3",
                        "journal 3: its rows have another hash than it says",
                        "chain head: is not the last journal"),
                damage(
                        "UPDATE journal SET events = events + 1 WHERE journal_id = 1",
                        "journal 1: its rows have another hash than it says",
                        "journal 1: is not what it was booked from: the epochs that were settled with it"),
                damage(
                        "DELETE FROM journal WHERE journal_id = 2",
                        "journal 2: does not exist, but has postings",
                        "chain journal 2: is missing",
                        "journal 2: does not exist, but settled epochs name it"),
                damage(
                        "DELETE FROM journal WHERE journal_id = 3; DELETE FROM posting WHERE journal_id = 3",
                        "creator c-3: the balance is not the sum of its postings; postings are not units × rates, of demo",
                        "account publisher:demo: the balance is not the sum of its postings",
                        "spent demo: is not what was booked to the publisher, or not the sum of its days",
                        "journal 3: does not exist, but settled epochs name it",
                        "chain head: is not the last journal"),
                damage("UPDATE chain_head SET journal_id = 2", "chain head: is not the last journal"),
                damage(
                        "UPDATE partition_cursor SET settled_micros = settled_micros + 5 WHERE partition = 3",
                        "counters partition 03: counted is not settled + pending",
                        "cursor partition 03: is not the sum of the epochs that were settled"),
                damage(
                        "UPDATE partition_cursor SET settled_events = settled_events + 5 WHERE partition = 3",
                        "cursor partition 03: is not the sum of the epochs that were settled"),
                damage(
                        "DELETE FROM settled_epoch WHERE partition = 3 AND epoch = 2",
                        "cursor partition 03: is not the sum of the epochs that were settled",
                        "epoch partition 03: no epoch between 1 and 3 was settled",
                        "journal 2: is not what it was booked from: the epochs that were settled with it"),
                damage(
                        "INSERT INTO settled_epoch SELECT partition, epoch, settled_at + interval '1 second', sealed_at, 0, 0, NULL FROM settled_epoch WHERE partition = 7 AND epoch = 2",
                        "epoch partition 07: epoch 2 was settled twice"),
                damage(
                        "UPDATE settled_epoch SET journal_id = NULL WHERE partition = 4 AND epoch = 3",
                        "epoch partition 04: epoch 3 was settled without a journal",
                        "journal 3: is not what it was booked from: the epochs that were settled with it"),
                damage(
                        "UPDATE publisher_spent SET micros = micros + 1 WHERE publisher = 'demo' AND partition = 3",
                        "spent demo: is not what was booked to the publisher, or not the sum of its days"),
                damage(
                        "UPDATE publisher_spent SET micros = 0 WHERE publisher = 'other' AND day <> '-infinity'",
                        "spent other: is not what was booked to the publisher, or not the sum of its days"),
                damage(
                        "INSERT INTO quarantine_decision VALUES ('{p01ai}:quarantine:2:earn:1', 'adopted', 5, 1, 77, 'why')",
                        "decision {p01ai}:quarantine:2:earn:1: its journal does not exist"));
    }

    @ParameterizedTest
    @MethodSource("damages")
    void damageToTheLedgerIsFoundAndNamed(String sql, List<String> differences) throws SQLException {
        World.damage(database, sql.split("; "));
        Ran ran = Ran.on(database, "--json");
        assertThat(ran.differences()).as(ran.out()).containsExactlyElementsOf(differences);
        assertThat(ran.exit()).isEqualTo(1);
    }

    @Test
    void aDifferenceIsShownWithItsFigures() throws SQLException {
        World.damage(
                database,
                "UPDATE balance SET micros = micros + 1 WHERE account_id = (SELECT account_id FROM account WHERE name = 'creator:c-1')");
        assertThat(Ran.on(database).out())
                .contains(
                        "creator c-1: the balance is not the sum of its postings  settled=2000  balance=2001  recomputed=2000  archived=2000  pending=1000\n");
    }

    @Test
    void aDifferenceOfWhatWasFilteredIsShownWithItsFigures() throws SQLException {
        World.damage(database, "UPDATE filtered SET micros = micros + 5 WHERE type = 'view'");
        assertThat(Ran.on(database).out())
                .contains(
                        "filtered c-1: archived micros are not units × rate in 1 rows  archived=2005  recomputed=2000\n");
    }

    @Test
    void damageToPendingCountersIsFoundAndNamed() {
        counters.redis().hincrby(Partition.of(14).earn(4), "c-1", 7);
        counters.redis().hincrby(Partition.of(6).folded(4), "other|c-2|/b|view|1", 1);
        counters.redis().hset(Partition.of(7).ctl(), "epoch", "3");
        counters.redis().hincrby(Partition.of(8).ctl(), "micros", 9);
        counters.redis().set(Partition.of(10).engage(4), "no hash");
        counters.redis().hset(Partition.of(11).ctl(), "epoch", "1000000000000");
        counters.redis().hset(Partition.of(12).ctl(), "epoch", "6");
        Ran ran = Ran.on(database, "--json");
        assertThat(ran.differences().stream().map(line -> line.replaceAll(" script: .*", "")))
                .as(ran.out())
                .containsExactly(
                        "pending partition 06: epoch 4: c-2 earned 1000 micros, but units times rates are 2000 micros",
                        "pointer partition 07: not ahead of what is settled",
                        "counters partition 08: counted is not settled + pending",
                        "pending partition 10: epoch 4: Redis refuses: WRONGTYPE Operation against a key holding the wrong kind of value",
                        "pointer partition 11: so far ahead that its epochs are not read",
                        "pending partition 12: epoch 4: it is before the open one, but its earnings are gone",
                        "pending partition 12: epoch 5: it is before the open one, but its earnings are gone",
                        "pending partition 14: epoch 4: earnings sum to 1007 micros, the control total is 1000 micros");
        assertThat(ran.json().get("money").get("partitions").asInt()).isEqualTo(14);
    }

    /** Acts of the functions that ledger-service calls; c-1 has been paid 1,000 micros by demo and more. */
    private static void moveMoney(String database) {
        JdbcClient owner = World.owner(database);
        List.of(
                        "SELECT correct('demo', ARRAY ['c-1'], NULL, NULL, NULL, NULL, NULL, NULL, NULL, 700, false, '7 days', false, 'robots', NULL, false)",
                        "SELECT count(*) FROM request_payouts(ARRAY ['c-1'], 200, NULL, NULL, '0', 'ann')",
                        "SELECT count(*) FROM request_payouts(ARRAY ['c-2'], 100, NULL, NULL, '0', 'ann')",
                        "SELECT count(*) FROM request_payouts(ARRAY ['c-2'], 50, NULL, NULL, '0', 'ann')",
                        "SELECT end_payout((SELECT id FROM payout WHERE payout_id = 2), 'paid', 'bank', 'bob', true)",
                        "SELECT end_payout((SELECT id FROM payout WHERE payout_id = 3), 'failed', 'closed', 'bob', true)",
                        "WITH a AS (INSERT INTO audit (subject, action, target) VALUES ('ann', 'x', 'y') RETURNING 1) SELECT count(*) FROM a",
                        "WITH a AS (INSERT INTO audit (subject, action, target) VALUES ('bob', 'x', 'y') RETURNING 1) SELECT count(*) FROM a")
                .forEach(sql -> owner.sql(sql).query().singleRow());
    }

    @Test
    void correctionsAndPayoutsAreNoDifference() {
        moveMoney(database);
        Ran ran = Ran.on(database);
        assertThat(ran.exit()).as(ran.out()).isZero();
    }

    static Stream<Arguments> damagesToMoney() {
        return Stream.of(
                damage(
                        "UPDATE correction SET micros = 701",
                        "correction 1: is not what its journal, its lines and its credits say",
                        "correction demo: the publisher's corrections do not sum to what raises its budget"),
                damage(
                        "UPDATE publisher SET corrected = 701 WHERE publisher = 'demo'",
                        "correction demo: the publisher's corrections do not sum to what raises its budget"),
                damage(
                        "DELETE FROM correction",
                        "correction journal 4: no correction has this journal",
                        "correction demo: the publisher's corrections do not sum to what raises its budget"),
                damage(
                        "UPDATE correction_line SET micros = micros - 1 WHERE line = 0",
                        "correction 1: is not what its journal, its lines and its credits say"),
                damage(
                        "UPDATE reversal SET micros = micros + 1",
                        "correction 1: is not what its journal, its lines and its credits say"),
                damage(
                        "UPDATE payout SET micros = 201 WHERE payout_id = 1",
                        "payout underway: the balance is not the sum of the payouts",
                        "payout underway:c-1: the balance is not the sum of the payouts"),
                damage(
                        "DELETE FROM payout_step WHERE payout_id = 2 AND ended",
                        "payout payout: the balance is not the sum of the payouts",
                        "payout underway: the balance is not the sum of the payouts",
                        "payout underway:c-2: the balance is not the sum of the payouts"),
                damage(
                        "UPDATE payout_step SET state = 'paid' WHERE payout_id = 3 AND ended",
                        "payout payout: the balance is not the sum of the payouts"),
                damage(
                        "UPDATE posting SET credited = credited + 1 WHERE account_id = (SELECT account_id FROM account WHERE name = 'creator:c-1')",
                        "credit creator:c-1: credited is not the sum of the credits"),
                damage(
                        "UPDATE balance SET credited = credited + 1 WHERE account_id = (SELECT account_id FROM account WHERE name = 'creator:c-1')",
                        "credit creator:c-1: credited is not the sum of the credits"),
                damage("UPDATE audit SET subject = 'eve' WHERE number = 1", "audit 1: has another hash than it says"),
                damage("DELETE FROM audit WHERE number = 1", "audit 2: an act before it is missing"),
                damage("DELETE FROM audit WHERE number = 2", "audit head: is not the last act"));
    }

    @ParameterizedTest
    @MethodSource("damagesToMoney")
    void whatSomebodyChangesOfCorrectionsPayoutsAndTheAuditTrailIsFound(String damage, List<String> differences)
            throws SQLException {
        moveMoney(database);
        World.damage(database, damage);
        Ran ran = Ran.on(database, "--json");
        assertThat(ran.differences()).as(ran.out()).isEqualTo(differences);
        assertThat(ran.exit()).isEqualTo(1);
    }

    @Test
    void settlementsInTheMiddleMakeNoDifference() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        try (RunningWorker worker = new RunningWorker(
                RealServers.redisUrl(),
                database,
                RealServers.databases(),
                "--millrace.settlement-interval=1s",
                "--millrace.keep-settled=0s")) {
            worker.bean(Watch.class).look();
            CompletableFuture<Void> counting = CompletableFuture.runAsync(() -> {
                for (int i = 0; !stop.get(); i++) {
                    counters.count(i % 16, "c-" + i % 7, "/a", EventType.VIEW, 1, 1_000);
                }
            });
            try {
                for (int i = 0; i < 3; i++) {
                    Ran ran = Ran.on(database);
                    assertThat(ran.exit()).as(ran.out() + ran.err()).isZero();
                }
            } finally {
                stop.set(true);
                counting.join();
            }
        }
    }

    @Test
    void aStoreThatIsAwayIsNamedWithWhatToDo() {
        String nowhere = "127.0.0.1:" + Ports.free();
        Ran noRedis = Ran.with("redis://user:secret@" + nowhere, database);
        assertThat(noRedis.exit()).isEqualTo(2);
        assertThat(noRedis.err())
                .contains("the counters (redis://" + nowhere + ") can't be read")
                .contains("does MILLRACE_REDIS_URL fit it?")
                .doesNotContain("secret");
        Ran noLedger = Ran.on("jdbc:postgresql://" + nowhere + "/millrace");
        assertThat(noLedger.exit()).isEqualTo(2);
        assertThat(noLedger.err())
                .contains("the ledger (jdbc:postgresql://" + nowhere + "/millrace) can't be read")
                .contains("Is Postgres up");
    }

    @Test
    void wrongUsageIsExplained() {
        for (List<String> wrong : List.of(
                List.of("--adopt"),
                List.of("--adopt", "{p01ai}:quarantine:2:earn:1"),
                List.of("--adopt", "{p16a}:quarantine:2:earn:1", "--reason", "x"),
                List.of("--adopt", "{p01}:earn:1", "--reason", "x"),
                List.of("--adopt", "{p01ai}:quarantine:2:earn:1", "--reason", "a\nb"),
                List.of("--reason", "x"),
                List.of("--adopt", "{p01ai}:quarantine:2:earn:1", "--discard", "{p01ai}:quarantine:2:earn:1"),
                List.of("--nonsense"))) {
            Ran ran = Ran.on(database, wrong.toArray(String[]::new));
            assertThat(ran.exit()).as(wrong.toString()).isEqualTo(2);
            assertThat(ran.err()).contains("Usage: reconcile");
        }
        assertThat(Ran.on(database, "--help").exit()).isZero();
    }
}
