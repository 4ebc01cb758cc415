package dev.millrace.settlement.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import dev.millrace.counters.Partition;
import dev.millrace.local.server.Ports;
import dev.millrace.local.testing.RealServers;
import dev.millrace.settlement.Counting;
import dev.millrace.settlement.RunningWorker;
import dev.millrace.settlement.settle.Settlement;
import dev.millrace.settlement.watch.Watch;
import java.sql.SQLException;
import java.util.List;
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

/** A sound ledger has no differences, and each kind of damage is found and named. */
class ReconcileIT {
    private static World sound;
    private static Counting counters;

    private String database = "";

    /**
     * Three journals: 1 pays c-1 1,000 (demo) and c-2 350 (other), 2 pays c-1 1,000, 3 pays c-3 100. Pending: c-1 1,000 in
     * the open epoch of partition 14, which is its own, c-2 1,000 in a sealed one of partition 6.
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

    @Test
    void aCorrectionIsNoDifference() throws SQLException {
        World.damage(database, """
                INSERT INTO account (name) VALUES ('adjustment');
                INSERT INTO journal (journal_id, created_at, kind, events, reason, salt, root, prev_hash, hash)
                SELECT 4, t, 'correction', 0, 'a person''s', salt, root, hash, journal_hash(hash, root, journal_text(4, t, 'correction', 0, 'a person''s'))
                FROM chain_head, (SELECT clock_timestamp() AS t) now, (SELECT sha256('salt') AS salt) s,
                    LATERAL (SELECT merkle_root(line, posting_leaf(salt, line, posting_text(line, name, 'demo', micros)) ORDER BY line) AS root
                             FROM (VALUES (0, 'adjustment', -5::bigint), (1, 'creator:c-1', 5)) l (line, name, micros)) r;
                INSERT INTO posting SELECT account_id, j.created_at, 4, CASE name WHEN 'adjustment' THEN 0 ELSE 1 END, 'demo', CASE name WHEN 'adjustment' THEN -5 ELSE 5 END
                FROM account, journal j WHERE name IN ('adjustment', 'creator:c-1') AND j.journal_id = 4;
                UPDATE chain_head h SET journal_id = 4, created_at = j.created_at, hash = j.hash FROM journal j WHERE j.journal_id = 4;
                UPDATE balance SET micros = micros + 5 WHERE account_id = (SELECT account_id FROM account WHERE name = 'creator:c-1');
                INSERT INTO balance SELECT account_id, -5, 4 FROM account WHERE name = 'adjustment'
                """);
        Ran ran = Ran.on(database);
        assertThat(ran.exit()).as(ran.out()).isZero();
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
