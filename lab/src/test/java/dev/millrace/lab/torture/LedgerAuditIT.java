package dev.millrace.lab.torture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.torture.Deviations.Deviation;
import dev.millrace.lab.torture.Oracle.Cell;
import dev.millrace.local.mint.BearerMint;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.testing.RealServers;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** That the check of the ledger finds what must not be: a sound ledger of one settlement, tampered with in each way. */
class LedgerAuditIT {
    private static final List<String> SOUND = List.of(
            "INSERT INTO account (name) VALUES ('creator:creator-7'), ('publisher:publisher-1')",
            "INSERT INTO journal (journal_id, created_at, kind, events, salt, root, prev_hash, hash)"
                    + " SELECT 1, now(), 'settlement', 3, hash, root, hash, journal_hash(hash, root, journal_text(1, now(), 'settlement', 3, NULL))"
                    + " FROM chain_head, LATERAL (SELECT merkle_root(line, posting_leaf(hash, line, posting_text(line, name, 'publisher-1', micros)) ORDER BY line) AS root"
                    + " FROM (VALUES (0, 'creator:creator-7', 3000::bigint), (1, 'publisher:publisher-1', -3000)) p (line, name, micros)) tree",
            "INSERT INTO posting (account_id, created_at, journal_id, line, publisher, micros)"
                    + " SELECT account_id, now(), 1, CASE WHEN name LIKE 'creator:%' THEN 0 ELSE 1 END, 'publisher-1',"
                    + " CASE WHEN name LIKE 'creator:%' THEN 3000 ELSE -3000 END FROM account",
            "INSERT INTO balance SELECT account_id, micros, 1 FROM posting",
            "UPDATE chain_head SET (journal_id, created_at, hash) = (SELECT journal_id, created_at, hash FROM journal)",
            "INSERT INTO article_score VALUES ('publisher-1', '/a', 'creator-7', 3000, now(), 1)",
            "CREATE TABLE engagement_of_all PARTITION OF engagement DEFAULT",
            "INSERT INTO engagement VALUES (current_date, 'creator-7', 'publisher-1', '/a', 'view', 1, 7, 3000)",
            "CREATE TABLE visits_of_all PARTITION OF visits DEFAULT",
            "INSERT INTO visits VALUES (current_date, 'creator-7', 'publisher-1', '/a', '', 2, 1, 2, 0)",
            "CREATE TABLE filtered_of_all PARTITION OF filtered DEFAULT",
            "INSERT INTO filtered VALUES (current_date, 'creator-7', 'publisher-1', '/a', 'robot', 'view', 1, 1, 1000)",
            "INSERT INTO settled_epoch VALUES (4, 1, now(), now(), 3000, 5, 1)",
            "UPDATE partition_cursor SET lineage = 1",
            "INSERT INTO partition_opening SELECT partition, 1, 1 FROM partition_cursor",
            "UPDATE partition_cursor SET settled_epoch = 1, settled_micros = 3000, settled_events = 5 WHERE partition = 4");

    private static String sound = "";

    private final Oracle oracle = new Oracle();
    private final Operators operators = new Operators(
            URI.create("http://localhost"), new BearerMint("no secret"), Clock.systemUTC(), new Deviations(1));
    private final Deviations deviations = new Deviations(100);
    private String url = "";
    private Connection superuser;

    @BeforeAll
    static void settleOnce() throws SQLException, IOException {
        sound = RealServers.freshDatabase();
        try (Connection owner = DriverManager.getConnection(sound, Databases.OWNER, RealServers.password());
                Connection superuser = superuser(sound)) {
            execute(owner, List.of(schema("V1__ledger.sql"), schema("V2__money.sql")));
            superuser.setAutoCommit(false);
            execute(superuser, SOUND);
            superuser.commit();
        }
    }

    @BeforeEach
    void copy() throws SQLException {
        Cell cell = Cell.of(7, 1);
        List<Readership.Event> events = List.of(
                new Readership.Event(cell, 1, 1, 1_000, "", "", true, 0),
                new Readership.Event(cell, 1, 1, 1_000, "", "", false, 0),
                new Readership.Event(cell, 1, 5, 1_000, "", "", false, 0),
                new Readership.Event(cell, 1, 0, 0, "", "", false, 1_000));
        oracle.sent.add(events);
        oracle.acknowledged.add(events);
        url = RealServers.copyOf(sound);
        superuser = superuser(url);
        execute(superuser, List.of("SET session_replication_role = replica")); // No trigger stands in the way.
    }

    private static Connection superuser(String url) throws SQLException {
        return DriverManager.getConnection(url, PostgresServer.SUPERUSER, RealServers.password());
    }

    @AfterEach
    void close() throws SQLException {
        superuser.close();
    }

    @Test
    void aSoundLedgerHasNoDifferenceAndSaysWhatItHolds() {
        assertThat(audit().compare(oracle, operators, Map.of("creator-7", 3_000L)))
                .contains(new LedgerAudit.Cursor(4, 1, 3_000, 5, 1, 1, 1, ""));
        assertThat(deviations.first()).isEmpty();
        assertThat(audit().longestGap()).isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    UPDATE posting SET micros = 3001 WHERE micros = 3000                 | creator-7 from publisher-1
                    UPDATE posting SET publisher = 'publisher-2'                         | creator-7 from publisher-1
                    UPDATE posting SET publisher = 'publisher-2'                         | creator-7 from publisher-2
                    DELETE FROM posting                                                  | creator-7 from publisher-1
                    DELETE FROM posting                                                  | balance shown of creator-7
                    UPDATE account SET name = 'creator:x' WHERE name LIKE 'creator:%'    | x from publisher-1
                    UPDATE article_score SET micros = 2999                               | articles' scores of creator-7 from publisher-1
                    DELETE FROM article_score                                            | articles' scores of creator-7 from publisher-1
                    UPDATE article_score SET creator = 'x'                               | articles' scores of x from publisher-1
                    UPDATE partition_cursor SET settled_micros = 6000 WHERE partition = 4 | micros of all cursors
                    UPDATE partition_cursor SET settled_events = 8 WHERE partition = 4   | events of all cursors
                    UPDATE partition_cursor SET settled_events = 4 WHERE partition = 4   | events of all cursors
                    UPDATE engagement SET units = 8                                      | units of engagement
                    DELETE FROM engagement                                               | units of engagement
                    UPDATE filtered SET micros = 1001                                    | filtered of creator-7 from publisher-1
                    DELETE FROM filtered                                                 | filtered of creator-7 from publisher-1
                    UPDATE visits SET sessions = 0                                       | visits
                    UPDATE visits SET sessions = 3                                       | visits
                    UPDATE partition_cursor SET halted = 'x' WHERE partition = 4         | partition 4
                    INSERT INTO partition_opening VALUES (4, 3, 2)                       | openings of partition 4
                    DELETE FROM partition_opening WHERE partition = 4                    | openings of partition 4
                    UPDATE journal SET kind = 'correction', reason = 'x'                 | corrections of creator-7 from publisher-1
                    UPDATE journal SET kind = 'payout', reason = 'x'                     | payouts in all
                    INSERT INTO audit VALUES (1, now(), 'operator', NULL, 'payout.pay', 'x', NULL, NULL, NULL, '', '') | acts payout.pay
                    """)
    void whatWasTamperedWithIsFound(String tampering, String difference) throws SQLException {
        execute(superuser, List.of(tampering));
        audit().compare(oracle, operators, Map.of("creator-7", 3_000L));
        assertThat(deviations.first()).extracting(Deviation::what).contains(difference);
    }

    @Test
    void theLongestGapIsFromASealToTheNextSettlement() throws SQLException {
        execute(
                superuser,
                List.of(
                        "INSERT INTO settled_epoch SELECT 4, 2, settled_at + interval '5 s', sealed_at + interval '4 s', 0, 0, NULL"
                                + " FROM settled_epoch"));
        assertThat(audit().longestGap()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void everyDifferenceThatReconcileFindsIsTakenOver() {
        JsonNode found = JsonMapper.shared().readTree("""
                {"money":{"pending":7},"differences":[{"kind":"journal","subject":"2","what":"is missing"}],"journals":3}
                """);
        assertThat(audit().addDifferences(found)).isEqualTo(3);
        assertThat(deviations.first())
                .containsExactly(
                        new Deviation(
                                "reconcile",
                                "no difference",
                                "{\"kind\":\"journal\",\"subject\":\"2\",\"what\":\"is missing\"}"),
                        new Deviation("micros pending, says reconcile", "0", "7"));
    }

    private static String schema(String migration) throws IOException {
        try (InputStream in = Objects.requireNonNull(
                LedgerAuditIT.class.getClassLoader().getResourceAsStream("db/migration/" + migration))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void execute(Connection connection, List<String> statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private LedgerAudit audit() {
        return new LedgerAudit(
                JdbcClient.create(new DriverManagerDataSource(url, PostgresServer.SUPERUSER, RealServers.password())),
                deviations);
    }
}
