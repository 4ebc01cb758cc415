package dev.millrace.lab.torture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.torture.Deviations.Deviation;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.testing.RealServers;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** That the check of the ledger finds what must not be: a sound ledger of one settlement, tampered with in each way. */
class BooksIT {
    private static final int PATIENCE_SECONDS = 60;

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
            "INSERT INTO engagement VALUES (current_date, 'creator-7', 'publisher-1', '/a', 'view', 1, 3, 3000)",
            "INSERT INTO article_score VALUES ('publisher-1', '/a', 'creator-7', 3000, now(), 1)",
            "INSERT INTO settled_epoch VALUES (4, 1, now(), now(), 3000, 3, 1)",
            "UPDATE partition_cursor SET lineage = 1",
            "INSERT INTO partition_opening SELECT partition, 1, 1 FROM partition_cursor",
            "UPDATE partition_cursor SET settled_epoch = 1, settled_micros = 3000, settled_events = 3 WHERE partition = 4");

    private String url = "";
    private Connection superuser;

    @BeforeEach
    void settleOnce() throws SQLException, IOException {
        url = RealServers.freshDatabase();
        try (Connection owner = DriverManager.getConnection(url, Databases.OWNER, RealServers.password())) {
            execute(owner, List.of(schema("V1__ledger.sql")));
        }
        superuser = DriverManager.getConnection(url, PostgresServer.SUPERUSER, RealServers.password());
        superuser.setAutoCommit(false);
        execute(superuser, SOUND);
        superuser.commit();
        execute(superuser, List.of("SET session_replication_role = replica")); // No trigger stands in the way.
    }

    @AfterEach
    void close() throws SQLException {
        superuser.close();
    }

    @Test
    void aSoundLedgerHasNoDifferenceAndSaysWhatItHolds() throws SQLException {
        try (LedgerSession session = LedgerSession.open(url, RealServers.password(), PATIENCE_SECONDS)) {
            Books books = new Books(session);
            Cell cell = new Cell(7, 1);
            assertThat(unsound(books)).isEmpty();
            assertThat(books.postings()).isEqualTo(Map.of(cell, 3_000L));
            assertThat(books.engagement()).isEqualTo(Map.of(cell, 3_000L));
            assertThat(books.scores()).isEqualTo(Map.of(cell, 3_000L));
            assertThat(books.journals()).isEqualTo(1);
            assertThat(books.events()).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    UPDATE posting SET micros = 3001 WHERE micros = 3000                | journals whose postings do not sum to zero
                    UPDATE posting SET micros = 3001 WHERE micros = 3000                | publishers that owe something else than their creators earn
                    UPDATE posting SET micros = 3001 WHERE micros = 3000                | settled money that is not in the journals
                    UPDATE posting SET micros = micros * 2                              | broken links of the hash chain
                    UPDATE posting SET micros = micros * 2                              | balances that are not the sum of their postings
                    DELETE FROM posting                                                 | journals without postings
                    DELETE FROM balance                                                 | balances that are not the sum of their postings
                    UPDATE journal SET events = 4                                       | broken links of the hash chain
                    DELETE FROM journal                                                 | a head of the chain that is not its last journal
                    UPDATE chain_head SET hash = sha256('x')                            | a head of the chain that is not its last journal
                    UPDATE engagement SET units = 4                                     | engagement that is not units × rate
                    UPDATE engagement SET rate_version = 2                              | engagement that is not units × rate
                    DELETE FROM settled_epoch                                           | cursors that are not the sum of their settled epochs
                    INSERT INTO settled_epoch VALUES (4, 1, now(), now(), 0, 0, NULL)   | cursors that are not the sum of their settled epochs
                    UPDATE partition_cursor SET settled_epoch = 2 WHERE partition = 4   | cursors that are not the sum of their settled epochs
                    UPDATE partition_cursor SET settled_micros = 6000 WHERE partition = 4 | settled money that is not in the journals
                    UPDATE partition_cursor SET halted = 'x' WHERE partition = 4        | partitions that are halted
                    INSERT INTO partition_opening VALUES (4, 3, 2)                       | partitions that were not opened once
                    DELETE FROM partition_opening WHERE partition = 4                   | partitions that were not opened once
                    """)
    void whatWasTamperedWithIsFound(String tampering, String difference) throws SQLException {
        execute(superuser, List.of(tampering));
        superuser.commit();
        try (LedgerSession session = LedgerSession.open(url, RealServers.password(), PATIENCE_SECONDS)) {
            assertThat(unsound(new Books(session))).extracting(Deviation::what).contains(difference);
        }
    }

    private static String schema(String migration) throws IOException {
        try (InputStream in = Objects.requireNonNull(
                BooksIT.class.getClassLoader().getResourceAsStream("db/migration/" + migration))) {
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

    private static List<Deviation> unsound(Books books) throws SQLException {
        Deviations deviations = new Deviations(100);
        books.addUnsound(deviations);
        return deviations.first();
    }
}
