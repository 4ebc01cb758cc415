package dev.millrace.settlement.settle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.catalog.Rate;
import dev.millrace.common.token.EventType;
import dev.millrace.local.server.Databases;
import dev.millrace.local.testing.RealServers;
import dev.millrace.settlement.RunningWorker;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;

/** What each login must not do to the ledger is tried, statement by statement; nothing of it stays. */
class RolesIT {
    /** Written once, and never changed by anyone. */
    private static final List<String> FINAL = List.of(
            "journal",
            "posting",
            "settled_epoch",
            "account",
            "quarantine_decision",
            "partition_opening",
            "audit",
            "idempotency",
            "reversal",
            "correction",
            "correction_line",
            "payout",
            "payout_step");

    private static final List<String> TABLES = List.of(
            "account",
            "journal",
            "posting",
            "balance",
            "settled_epoch",
            "quarantine_decision",
            "engagement",
            "filtered",
            "visits",
            "article_score",
            "chain_head",
            "partition_cursor",
            "partition_opening",
            "publisher",
            "publisher_key",
            "rate_card",
            "rate",
            "catalog_revision",
            "publisher_creator",
            "publisher_spent",
            "audit",
            "audit_head",
            "idempotency",
            "creator_state",
            "reversal",
            "correction",
            "correction_line",
            "payout",
            "payout_step");

    /** A journal behind the head, as a worker adds it, but for the postings. */
    private static final String NEXT_JOURNAL = """
            INSERT INTO journal (journal_id, created_at, kind, events, salt, root, prev_hash, hash)
            SELECT journal_id + 1, now(), 'settlement', 1, hash, hash, hash, sha256(hash) FROM chain_head""";

    private static final String HEAD_TO_IT = """
            UPDATE chain_head h SET journal_id = j.journal_id, created_at = j.created_at, hash = j.hash
            FROM journal j WHERE j.journal_id = h.journal_id + 1""";

    private static String database = "";

    /** A row of every table. */
    @BeforeAll
    static void settleOne() throws SQLException {
        String url = RunningWorker.freshDatabase();
        database = url.substring(url.lastIndexOf('/') + 1);
        try (Connection connection = connect(Databases.SETTLER);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (String sql : List.of(
                    "INSERT INTO account (name) VALUES ('creator:c-1'), ('publisher:demo')",
                    NEXT_JOURNAL,
                    posting("creator:c-1", "demo", 5),
                    posting("publisher:demo", "demo", -5),
                    HEAD_TO_IT,
                    "INSERT INTO settled_epoch VALUES (3, 1, now(), now(), 5, 1, 1)",
                    "UPDATE partition_cursor SET settled_epoch = 1, settled_micros = 5, settled_events = 1 WHERE partition = 3",
                    "INSERT INTO partition_opening VALUES (3, 1, 1, now())",
                    "INSERT INTO quarantine_decision VALUES ('{p01ai}:quarantine:2:earn:1', 'discarded', 0, 0, NULL, 'empty')")) {
                statement.execute(sql);
            }
            connection.commit();
        }
        try (Connection connection = connect(Databases.LEDGER);
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO publisher VALUES ('another')");
            statement.execute(
                    "INSERT INTO audit (subject, action, target) VALUES ('ann', 'publisher.create', 'another')");
            statement.execute("INSERT INTO idempotency VALUES ('POST /', 'k', sha256('a'), '{}')");
        }
        try (Connection connection = connect(Databases.OWNER);
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO reversal SELECT account_id, now(), 1, 'demo', 1, 5 FROM account LIMIT 1");
            statement.execute(
                    "INSERT INTO correction (journal_id, at, publisher, micros, reason) VALUES (1, now(), 'demo', 5, 'x')");
            statement.execute(
                    "INSERT INTO correction_line VALUES (1, 0, current_date, 'c-1', 'demo', '/', 'view', 1, 1, 5)");
            statement.execute("INSERT INTO payout (creator, micros) VALUES ('c-1', 5)");
            statement.execute("INSERT INTO payout_step VALUES (1, 'requested', now(), 1, 'ann')");
        }
    }

    private static Connection connect(String login) throws SQLException {
        return RealServers.databases().connect(login, database);
    }

    private static String posting(String account, String publisher, long micros) {
        return """
                INSERT INTO posting SELECT account_id, j.created_at, j.journal_id,
                    (SELECT count(*) FROM posting p WHERE p.journal_id = j.journal_id), '%s', %d
                FROM account a, (SELECT * FROM journal ORDER BY journal_id DESC LIMIT 1) j WHERE a.name = '%s'""".formatted(publisher, micros, account);
    }

    /** In one transaction that is committed: what is checked at commit counts too. */
    private static void refused(String login, String message, String... statements) {
        assertThatThrownBy(() -> {
                    try (Connection connection = connect(login);
                            Statement statement = connection.createStatement()) {
                        connection.setAutoCommit(false);
                        for (String sql : statements) {
                            statement.execute(sql);
                        }
                        connection.commit();
                    }
                })
                .as("%s: %s", login, String.join("; ", statements))
                .isInstanceOf(SQLException.class)
                .hasMessageMatching("(?s).*(" + message + ").*");
    }

    private static String month() {
        return DateTimeFormatter.ofPattern("_yyyy_MM").format(OffsetDateTime.now(ZoneOffset.UTC));
    }

    /** Each final table, and its part of this month where it has one. */
    private static List<String> finalTables() {
        List<String> tables = new ArrayList<>(FINAL);
        List.of("journal", "posting", "settled_epoch").forEach(table -> tables.add(table + month()));
        return tables;
    }

    private static String update(String table) {
        return switch (table.replace(month(), "")) {
            case "journal" -> "UPDATE " + table + " SET events = 2";
            case "partition_opening" -> "UPDATE partition_opening SET first_epoch = 2";
            case "audit" -> "UPDATE audit SET subject = 'bob'";
            case "idempotency" -> "UPDATE idempotency SET answer = '[]'";
            case "payout_step" -> "UPDATE payout_step SET state = 'paid'";
            case "account" -> "UPDATE account SET name = 'creator:c-2' WHERE name = 'creator:c-1'";
            default -> "UPDATE " + table + " SET micros = 7";
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"settler", "ledger", "reader"})
    void noServiceChangesWhatIsBooked(String login) {
        for (String table : finalTables()) {
            for (String sql : List.of(
                    update(table),
                    "DELETE FROM " + table,
                    "TRUNCATE " + table,
                    "ALTER TABLE " + table + " DISABLE TRIGGER ALL",
                    "DROP TABLE " + table)) {
                refused(login, "permission denied for table|must be owner of table", sql);
            }
        }
    }

    @Test
    void notEvenTheOwnerChangesWhatIsBooked() {
        for (String table : finalTables()) {
            for (String sql : List.of(update(table), "DELETE FROM " + table, "TRUNCATE " + table + " CASCADE")) {
                refused(Databases.OWNER, "entries are never changed", sql);
            }
        }
        refused(Databases.OWNER, "entries are never changed", "DELETE FROM chain_head");
        refused(Databases.OWNER, "entries are never changed", "TRUNCATE chain_head");
        refused(Databases.OWNER, "entries are never changed", "DELETE FROM audit_head");
        refused(Databases.OWNER, "entries are never changed", "TRUNCATE audit_head");
        refused(Databases.OWNER, "entries are never changed", "DELETE FROM partition_cursor");
        refused(Databases.OWNER, "entries are never changed", "TRUNCATE partition_cursor CASCADE");
        refused(Databases.OWNER, "permission denied to set parameter", "SET session_replication_role = replica");
    }

    @ParameterizedTest
    @ValueSource(strings = {"settler", "ledger", "reader"})
    void noServiceOwnsOrMakesAnything(String login) {
        for (String sql : List.of(
                "CREATE TABLE mine (x int)",
                "CREATE VIEW mine AS SELECT 1",
                "CREATE SCHEMA mine",
                "CREATE FUNCTION mine() RETURNS int LANGUAGE sql RETURN 1",
                "CREATE OR REPLACE FUNCTION posting_text(line int, account text, publisher text, micros bigint) RETURNS text IMMUTABLE LANGUAGE sql RETURN ''",
                "CREATE TRIGGER mine BEFORE INSERT ON posting FOR EACH STATEMENT EXECUTE FUNCTION entries_are_final()",
                "DROP FUNCTION journal_must_balance() CASCADE",
                "DROP TRIGGER journal_must_balance ON journal",
                "ALTER TABLE posting ADD COLUMN mine int",
                "ALTER TABLE posting OWNER TO " + login,
                "ALTER ROLE " + login + " SUPERUSER",
                "CREATE ROLE mine",
                "GRANT millrace_owner TO " + login,
                "SET session_replication_role = replica",
                "SET ROLE millrace_owner",
                "LOCK TABLE posting IN ACCESS EXCLUSIVE MODE",
                "COPY posting TO PROGRAM 'true'")) {
            refused(login, "permission denied|must be owner|must be able to|must have", sql);
        }
        refused(
                login,
                "permission denied for table posting",
                "GRANT UPDATE ON posting TO " + login, // no more than a warning
                "UPDATE posting SET micros = 7");
    }

    @Test
    void theReaderReadsAllOfItAndWritesNothing() throws SQLException {
        try (Connection connection = connect(Databases.READER);
                Statement statement = connection.createStatement()) {
            for (String table : TABLES) {
                assertThat(statement.execute("SELECT * FROM " + table))
                        .as(table)
                        .isTrue();
            }
        }
        for (String table : TABLES) {
            refused(Databases.READER, "permission denied for table", "INSERT INTO " + table + " DEFAULT VALUES");
            refused(Databases.READER, "permission denied for table", "DELETE FROM " + table);
            refused(Databases.READER, "permission denied for table", "SELECT * FROM " + table + " FOR UPDATE");
        }
        for (String sql : List.of(
                "UPDATE balance SET micros = 0",
                "UPDATE chain_head SET journal_id = 0",
                "UPDATE partition_cursor SET settled_epoch = 9",
                "UPDATE rate SET micros = 0",
                "SELECT book('settlement', 1, NULL)",
                "SELECT end_payout('1', 'paid', 'x', 'bob', false)",
                "SELECT ensure_months(current_date, 1)")) {
            refused(Databases.READER, "permission denied for (table|function)", sql);
        }
    }

    @Test
    void theSettlerKeepsOutOfTheCatalogueAndTheLedgerServiceOutOfTheBooks() {
        for (String table :
                List.of("publisher", "publisher_key", "rate_card", "rate", "catalog_revision", "publisher_creator")) {
            refused(Databases.SETTLER, "permission denied for table", "INSERT INTO " + table + " DEFAULT VALUES");
            refused(Databases.SETTLER, "permission denied for table", "DELETE FROM " + table);
        }
        for (String table : List.of(
                "idempotency",
                "creator_state",
                "reversal",
                "correction",
                "correction_line",
                "payout",
                "payout_step",
                "audit_head")) {
            refused(Databases.SETTLER, "permission denied for table", "INSERT INTO " + table + " DEFAULT VALUES");
            refused(Databases.SETTLER, "permission denied for table", "DELETE FROM " + table);
        }
        for (String sql : List.of(
                "SELECT end_payout('1', 'paid', 'x', 'bob', false)",
                "SELECT request_payouts(NULL, NULL, NULL, 1, '0', 'ann')",
                "SELECT correct('demo', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, '0', true, 'x', NULL, false)")) {
            refused(Databases.SETTLER, "permission denied for function", sql);
        }
        refused(Databases.SETTLER, "permission denied for table", "UPDATE rate SET micros = 0");
        refused(Databases.SETTLER, "permission denied for table", "UPDATE publisher_key SET revoked_at = now()");
        for (String table : List.of(
                "balance", "engagement", "filtered", "visits", "article_score", "chain_head", "partition_cursor")) {
            refused(Databases.SETTLER, "permission denied for table", "DELETE FROM " + table);
            refused(Databases.SETTLER, "permission denied for table", "TRUNCATE " + table);
            refused(Databases.LEDGER, "permission denied for table", "DELETE FROM " + table);
        }
        for (String table : List.of(
                "account",
                "journal",
                "posting",
                "balance",
                "settled_epoch",
                "quarantine_decision",
                "engagement",
                "filtered",
                "visits",
                "article_score",
                "chain_head",
                "partition_cursor",
                "partition_opening",
                "publisher_spent",
                "audit_head",
                "reversal",
                "correction",
                "correction_line",
                "payout",
                "payout_step")) {
            refused(Databases.LEDGER, "permission denied for table", "INSERT INTO " + table + " DEFAULT VALUES");
        }
        for (String sql : List.of(
                "UPDATE balance SET micros = 0",
                "UPDATE chain_head SET journal_id = 0",
                "UPDATE partition_cursor SET settled_epoch = 9",
                "UPDATE rate SET micros = 0",
                "UPDATE publisher_key SET number = 2",
                "DELETE FROM rate_card",
                "UPDATE publisher SET corrected = 9",
                "UPDATE publisher_creator SET creator = 'c-9'",
                "UPDATE publisher_spent SET micros = 0",
                "UPDATE catalog_revision SET revision = 9",
                "UPDATE audit_head SET number = 0",
                "DELETE FROM creator_state",
                "SELECT book('correction', 0, 'x')",
                "SELECT ensure_months(current_date, 1)")) {
            refused(Databases.LEDGER, "permission denied for (table|function)", sql);
        }
    }

    @Test
    void aJournalThatIsNotInOrderIsNotCommitted() {
        String credit = posting("creator:c-1", "demo", 5);
        String debit = posting("publisher:demo", "demo", -5);
        String settler = Databases.SETTLER;
        refused(settler, "journal 2 has 0 postings", NEXT_JOURNAL, HEAD_TO_IT);
        refused(settler, "journal 2 has 1 postings", NEXT_JOURNAL, credit, HEAD_TO_IT);
        refused(
                settler,
                "journal 2 has 2 postings that sum to 1 micros",
                NEXT_JOURNAL,
                credit,
                posting("publisher:demo", "demo", -4),
                HEAD_TO_IT);
        refused(settler, "violates check constraint", NEXT_JOURNAL, posting("creator:c-1", "demo", 0));
        refused(settler, "'Demo!' is no publisher", NEXT_JOURNAL, posting("creator:c-1", "Demo!", 5));
        refused(
                settler,
                "account 987654 does not exist",
                NEXT_JOURNAL,
                "INSERT INTO posting SELECT 987654, created_at, journal_id, 9, 'demo', 5 FROM journal WHERE journal_id = 2");
        refused(settler, "journal 2 is closed", NEXT_JOURNAL, HEAD_TO_IT, credit, debit);
        String early = "SET CONSTRAINTS ALL IMMEDIATE";
        refused(settler, "is not the head of the chain", NEXT_JOURNAL, credit, debit, early);
        String more = posting("creator:c-1", "more", 1_000_000);
        refused(settler, "journal 2 is closed", NEXT_JOURNAL, credit, debit, HEAD_TO_IT, early, more);
        refused(
                settler,
                "epoch 2 is noted as settled, but the cursor is not moved",
                "INSERT INTO settled_epoch VALUES (3, 2, now(), now(), 5, 1, 1)");
        refused(settler, "journal 1 is not of this transaction", posting("creator:c-1", "more", 5));
        refused(settler, "is not the head of the chain", NEXT_JOURNAL, credit, debit);
        refused(
                settler,
                "is not the head of the chain",
                NEXT_JOURNAL,
                credit,
                debit,
                HEAD_TO_IT,
                NEXT_JOURNAL.replace("now()", "clock_timestamp()"),
                credit,
                debit,
                HEAD_TO_IT);
        for (String[] wrong : new String[][] {
            {"'settlement'", "'gift'"},
            {"'settlement'", "'adoption'"},
            {"'settlement', 1", "'settlement', -1"},
            {"sha256(hash)", "'\\x00'::bytea"}
        }) {
            refused(settler, "violates check constraint", NEXT_JOURNAL.replace(wrong[0], wrong[1]));
        }
    }

    @Test
    void aBalanceIsOfAnAccountThatThereIsAndStaysWithIt() {
        refused(
                Databases.SETTLER,
                "account 999 does not exist",
                "INSERT INTO balance (account_id, micros, journal_id) VALUES (999, 0, 1)");
        refused(
                Databases.SETTLER,
                "can't become that of account 999",
                "INSERT INTO balance SELECT account_id, 5, 1 FROM account WHERE name = 'creator:c-1'",
                "UPDATE balance SET account_id = 999");
    }

    /** At the limits of their length and one beyond, and with what does not belong there at any place. */
    @Test
    void onlyNamesThatAreOursGetAnAccount() throws SQLException {
        String creator = "c".repeat(69);
        String publisher = "p".repeat(32);
        for (String name : List.of(
                "creator:",
                "creator:" + creator + "c",
                "creator:a b",
                "creator:a\n",
                "creator:\u00e4",
                "creator:/a",
                "publisher:",
                "publisher:" + publisher + "p",
                "publisher:A",
                "publisher:a.b",
                "publisher:a\n",
                "payout\n",
                "Payout",
                "other:a",
                "")) {
            refused(Databases.SETTLER, "account_name_check", "INSERT INTO account (name) VALUES ('" + name + "')");
        }
        try (Connection connection = connect(Databases.SETTLER);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (String name : List.of(
                    "creator:" + creator, "creator:A-z.0_9:", "publisher:" + publisher, "publisher:a-0", "payout")) {
                statement.execute("INSERT INTO account (name) VALUES ('" + name + "')");
            }
            connection.rollback();
        }
    }

    @Test
    void engagementIsOfNamesThatAreOurs() {
        String row = "INSERT INTO engagement VALUES (current_date, '%s', '%s', 'a', 'view', 1, 1, 1)";
        for (String creator : List.of("", "c".repeat(70), "a b", "a\n")) {
            refused(Databases.SETTLER, "engagement_creator_check", row.formatted(creator, "demo"));
        }
        for (String publisher : List.of("", "p".repeat(33), "A", "a\n")) {
            refused(Databases.SETTLER, "engagement_publisher_check", row.formatted("c-1", publisher));
        }
    }

    @Test
    void theHeadOfTheChainMovesToTheNextJournalOnly() {
        String settler = Databases.SETTLER;
        for (String move : List.of(
                "UPDATE chain_head SET journal_id = 0",
                "UPDATE chain_head SET journal_id = journal_id + 1",
                "UPDATE chain_head SET hash = sha256('x')",
                "UPDATE chain_head SET created_at = now()")) {
            refused(settler, "the chain can't move", move);
            refused(Databases.OWNER, "the chain can't move", move);
        }
        refused(settler, "the chain can't move", NEXT_JOURNAL.replace("journal_id + 1", "journal_id + 2"), """
                UPDATE chain_head h SET journal_id = j.journal_id, created_at = j.created_at, hash = j.hash
                FROM journal j WHERE j.journal_id = h.journal_id + 2""");
        refused(
                settler,
                "the chain can't move",
                NEXT_JOURNAL.replace("hash, sha256(hash)", "sha256('x'), sha256(hash)"),
                HEAD_TO_IT);
        refused(
                settler,
                "the chain can't move",
                NEXT_JOURNAL,
                HEAD_TO_IT.replace("hash = j.hash", "hash = sha256('x')"));
    }

    @Test
    void accountsAndDecisionsHaveNamesOfTheirForm() {
        for (String name :
                List.of("creator:", "creator:a b", "publisher:Demo", "nobody", "creator:" + "x".repeat(70))) {
            refused(
                    Databases.SETTLER,
                    "account_name_check",
                    "INSERT INTO account (name) VALUES ('%s')".formatted(name));
        }
        refused(Databases.SETTLER, "duplicate key", "INSERT INTO account (name) VALUES ('creator:c-1')");
        for (String name : List.of("{p16a}:quarantine:2:earn:1", "{p01ai}:earn:1")) {
            refused(
                    Databases.SETTLER,
                    "quarantine_decision_name_check",
                    "INSERT INTO quarantine_decision VALUES ('%s', 'adopted', 0, 0, NULL, 'x')".formatted(name));
        }
        refused(
                Databases.SETTLER,
                "duplicate key",
                "INSERT INTO quarantine_decision VALUES ('{p01ai}:quarantine:2:earn:1', 'adopted', 0, 0, NULL, 'x')");
        String adopted =
                "INSERT INTO quarantine_decision VALUES ('{p01ai}:quarantine:%d:earn:1', 'adopted', 0, 0, NULL, 'x', now(), '1:1:1')";
        refused(Databases.SETTLER, "quarantine_decision_origin_key", adopted.formatted(3), adopted.formatted(4));
    }

    /** The owner too: a price that nobody could know before it was in force is nobody's. */
    @ParameterizedTest
    @ValueSource(strings = {"ledger", "millrace_owner"})
    void aRateCardBeginsInTheFutureAndCanOnlyBeWithdrawn(String login) throws SQLException {
        String card = "INSERT INTO rate_card (version, effective_at) VALUES (99, %s)";
        for (String past :
                List.of("'1970-01-01 00:00:01+00'", "date_trunc('second', now())", "now() - interval '1 day'")) {
            refused(login, "would begin at .*, which is not in the future", card.formatted(past));
        }
        refused(
                login,
                "can only be withdrawn, not changed|permission denied",
                card.formatted("'2100-01-01Z'"),
                "UPDATE rate_card SET effective_at = '2101-01-01Z' WHERE version = 99");
        refused(login, "which is not in the future", "UPDATE rate_card SET withdrawn_at = now() WHERE version = 1");
        refused(
                login,
                "withdrawn for good",
                card.formatted("'2100-01-01Z'"),
                "UPDATE rate_card SET withdrawn_at = now() WHERE version = 99",
                "UPDATE rate_card SET withdrawn_at = NULL WHERE version = 99");
        for (String late : List.of(
                card.formatted("date_trunc('second', now()) + interval '2 s'"),
                card.formatted("date_trunc('second', now()) + interval '2 s'")
                        + "; UPDATE rate_card SET withdrawn_at = now() WHERE version = 99")) {
            refused(login, "rate card 99 would begin at .*, before anybody knew", late, "SELECT pg_sleep(2)");
        }
        refused(login, "a price is never changed|permission denied", "UPDATE rate SET micros = 7");
        refused(login, "a price is never changed|permission denied", "DELETE FROM rate");
        refused(login, "entries are never changed|permission denied", "DELETE FROM rate_card");
        refused(login, "entries are never changed|permission denied", "TRUNCATE rate_card, rate CASCADE");
        refused(
                login,
                "another card, on purpose",
                card.formatted("'2100-01-01Z'"),
                "INSERT INTO rate VALUES (99, 'view', 1, 1)",
                "UPDATE rate_card SET withdrawn_at = now() WHERE version = 99",
                card.formatted("'2100-01-01Z'").replace("99", "100"),
                "DO $$ BEGIN RAISE EXCEPTION 'another card, on purpose'; END $$");
    }

    /** A type that is new gets its price by a migration. */
    @Test
    void aCardInForceGetsAPriceFromTheOwnerAlone() {
        refused(Databases.LEDGER, "rate card 1 is in force", "INSERT INTO rate VALUES (1, 'share', 1, 1)");
        refused(
                Databases.OWNER,
                "on purpose",
                "INSERT INTO rate VALUES (1, 'share', 1, 1)",
                "DO $$ BEGIN RAISE EXCEPTION 'on purpose'; END $$");
    }

    /** Ledger-service publishes by the revision; a change without one would never reach the ingest nodes. */
    @Test
    void everyChangeOfTheCatalogueIsARevision() throws SQLException {
        for (String statement : List.of(
                "UPDATE publisher SET created_at = created_at",
                "UPDATE publisher_key SET created_at = created_at",
                "UPDATE rate_card SET created_at = created_at",
                "UPDATE rate SET cap = cap",
                "UPDATE publisher_creator SET creator = creator",
                "DELETE FROM publisher_creator")) {
            long before = revision();
            try (Connection connection = connect(Databases.OWNER);
                    Statement change = connection.createStatement()) {
                change.execute(statement + " WHERE false");
            }
            assertThat(revision()).as(statement).isEqualTo(before + 1);
        }
    }

    private static long revision() throws SQLException {
        try (Connection connection = connect(Databases.OWNER);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT revision FROM catalog_revision")) {
            row.next();
            return row.getLong(1);
        }
    }

    @Test
    void theLedgersPriceRuleIsTheEdges() throws SQLException {
        try (Connection connection = connect(Databases.READER);
                PreparedStatement price = connection.prepareStatement("SELECT price(?, ?)")) {
            for (long micros : List.of(0L, 1L, 50L, 1_000L, Rate.MOST_MICROS)) {
                for (long units : List.of(0L, 1L, 7L, 1_000L, 1_000_000_000L)) {
                    price.setLong(1, units);
                    price.setLong(2, micros);
                    try (ResultSet row = price.executeQuery()) {
                        row.next();
                        assertThat(row.getBigDecimal(1).longValueExact())
                                .as("%d units at %d", units, micros)
                                .isEqualTo(new Rate(micros, 1).price(units).value());
                    }
                }
            }
        }
    }

    /** A new type of event takes a migration: its first price, and its column of the articles' scores. */
    @Test
    void everyTypeOfEventHasAPriceAndAColumn() throws SQLException {
        try (Connection connection = connect(Databases.OWNER);
                Statement statement = connection.createStatement()) {
            for (EventType type : EventType.values()) {
                try (ResultSet row = statement.executeQuery(
                        "SELECT (SELECT count(*) FROM rate WHERE type = '%1$s'), (SELECT coalesce(sum(%1$s), 0) FROM article_score)"
                                .formatted(type.wireName()))) {
                    row.next();
                    assertThat(row.getLong(1)).as("prices of %s", type).isPositive();
                }
            }
        }
    }

    /** What runs after every migration refuses a column of the ledger that no hash covers. */
    @Test
    void aColumnThatNoHashCoversEndsTheMigration() throws Exception {
        String check = new String(
                Objects.requireNonNull(RolesIT.class.getResourceAsStream("/db/migration/afterMigrate.sql"))
                        .readAllBytes(),
                StandardCharsets.UTF_8);
        for (String table : List.of("journal", "posting")) {
            try (Connection connection = connect(Databases.OWNER);
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                statement.execute(check);
                statement.execute("ALTER TABLE " + table + " ADD COLUMN note text");
                assertThatThrownBy(() -> statement.execute(check))
                        .hasMessageContaining("the journal's hash does not cover " + table + ".note");
                connection.rollback();
            }
        }
    }

    /** One statement breaks each constraint, and no constraint of the schema is left out. */
    @Test
    void everyCheckConstraintRefusesWhatItIsThereFor() throws SQLException {
        String journal =
                "INSERT INTO journal (journal_id, created_at, kind, events, reason, prev_hash, hash, salt, root)"
                        + " SELECT %s, now(), %s, %s, %s, %s, %s, sha256('a'), sha256('b') FROM chain_head";
        String sound = journal.formatted("2", "'settlement'", "1", "NULL", "hash", "hash");
        Set<String> refused = new TreeSet<>();
        for (String sql : List.of(
                "INSERT INTO publisher VALUES ('Demo')",
                "UPDATE publisher SET state = 'gone', reason = 'x'",
                "UPDATE publisher SET creators = 'some'",
                "UPDATE publisher SET budget_total = -1, budget_day = 5",
                "UPDATE publisher SET corrected = -1",
                "UPDATE publisher SET filters_off = '{bots}'",
                "UPDATE publisher SET filters_off = '{robot,NULL}'",
                "UPDATE publisher SET filters_off = '{{robot},{rate}}'",
                "UPDATE publisher SET filters_off = array_fill('rate'::text, '{8}')",
                "UPDATE publisher SET sites = '{https://example.org/}'",
                "UPDATE publisher SET sites = '{https://Example.org}'",
                "UPDATE publisher SET sites = '{https://*.example.org}'",
                "UPDATE publisher SET sites = '{ftp://example.org}'",
                "UPDATE publisher SET sites = '{https://example.org,NULL}'",
                "UPDATE publisher SET sites = '{https://example.org,\"\"}'",
                "UPDATE publisher SET sites = '{{https://a.org},{https://b.org}}'",
                "UPDATE publisher SET sites = array_fill('https://a.org'::text, '{101}')",
                "UPDATE publisher SET state = 'suspended'",
                "UPDATE publisher SET until = now()",
                "UPDATE publisher SET state = 'suspended', reason = E'a\\nb'",
                "INSERT INTO publisher_creator VALUES ('another', 'a b')",
                "INSERT INTO publisher_spent VALUES (1, 'another', current_date, -1)",
                "INSERT INTO publisher_key VALUES ('demo', 0)",
                "INSERT INTO publisher_key (publisher, number, master_version) VALUES ('demo', 1, 0)",
                "INSERT INTO publisher_key (publisher, number, expires_at) VALUES ('demo', 1, '2100-01-01 00:00:00.5Z')",
                "INSERT INTO rate_card VALUES (0, '2100-01-01Z')",
                "INSERT INTO rate_card VALUES (7, '2100-01-01 00:00:00.5Z')",
                "INSERT INTO rate VALUES (1, 'Like', 1, 1)",
                "INSERT INTO rate VALUES (1, 'view', -1, 1)",
                "INSERT INTO rate VALUES (1, 'view', 1, 0)",
                "INSERT INTO rate VALUES (1, 'view', 1000000000, 1001)",
                "INSERT INTO catalog_revision VALUES (false, 1)",
                "INSERT INTO account (name) VALUES ('creator:a b')",
                journal.formatted("0", "'settlement'", "1", "NULL", "hash", "hash"),
                journal.formatted("2", "'gift'", "1", "'x'", "hash", "hash"),
                journal.formatted("2", "'settlement'", "-1", "NULL", "hash", "hash"),
                journal.formatted("2", "'correction'", "1", "''", "hash", "hash"),
                journal.formatted("2", "'correction'", "1", "NULL", "hash", "hash"),
                journal.formatted("2", "'settlement'", "1", "NULL", "'\\x00'::bytea", "hash"),
                journal.formatted("2", "'settlement'", "1", "NULL", "hash", "'\\x00'::bytea"),
                sound.replace("sha256('a')", "'\\x00'::bytea"),
                sound.replace("sha256('b')", "'\\x00'::bytea"),
                "INSERT INTO posting SELECT 1, created_at, journal_id, 0, 'demo', 0 FROM chain_head",
                "INSERT INTO posting SELECT 1, created_at, journal_id, -1, 'demo', 5 FROM chain_head",
                "INSERT INTO chain_head SELECT false, journal_id, created_at, hash FROM chain_head",
                "UPDATE chain_head SET hash = '\\x00'",
                "INSERT INTO partition_cursor (partition) VALUES (16)",
                "UPDATE partition_cursor SET settled_epoch = -1, released_epoch = -1",
                "UPDATE partition_cursor SET settled_micros = -1",
                "UPDATE partition_cursor SET settled_events = -1",
                "UPDATE partition_cursor SET lineage = -1",
                "UPDATE partition_cursor SET released_epoch = settled_epoch + 1",
                "INSERT INTO settled_epoch VALUES (16, 1, now(), now(), 5, 1, 1)",
                "INSERT INTO settled_epoch VALUES (1, 0, now(), now(), 5, 1, 1)",
                "INSERT INTO settled_epoch VALUES (1, 1, now(), now(), -5, 1, 1)",
                "INSERT INTO settled_epoch VALUES (1, 1, now(), now(), 5, -1, 1)",
                "INSERT INTO quarantine_decision VALUES ('{p01}:earn:1', 'adopted', 0, 0, NULL, 'x')",
                "INSERT INTO quarantine_decision VALUES ('{p02h}:quarantine:2:earn:1', 'kept', 0, 0, NULL, 'x')",
                "INSERT INTO quarantine_decision VALUES ('{p02h}:quarantine:2:earn:1', 'adopted', -1, 0, NULL, 'x')",
                "INSERT INTO quarantine_decision VALUES ('{p02h}:quarantine:2:earn:1', 'adopted', 0, -1, NULL, 'x')",
                "INSERT INTO quarantine_decision VALUES ('{p02h}:quarantine:2:earn:1', 'adopted', 0, 0, NULL, E'a\\nb')",
                "INSERT INTO quarantine_decision VALUES ('{p02h}:quarantine:2:earn:1', 'discarded', 0, 0, NULL, 'x', now(), '2:1:1')",
                "INSERT INTO partition_opening VALUES (3, 0, 1)",
                "INSERT INTO partition_opening VALUES (3, 2, 0)",
                "INSERT INTO engagement VALUES (current_date, 'a b', 'demo', '/', 'view', 1, 1, 1)",
                "INSERT INTO engagement VALUES (current_date, 'a', 'Demo', '/', 'view', 1, 1, 1)",
                "INSERT INTO engagement VALUES (current_date, 'a', 'demo', '', 'view', 1, 1, 1)",
                "INSERT INTO engagement VALUES (current_date, 'a', 'demo', '/', 'view', 1, -1, 1)",
                "INSERT INTO engagement VALUES (current_date, 'a', 'demo', '/', 'view', 1, 1, -1)",
                "INSERT INTO filtered VALUES (current_date, 'a b', 'demo', '/', 'robot', 'view', 1, 1, 1)",
                "INSERT INTO filtered VALUES (current_date, 'a', 'Demo', '/', 'robot', 'view', 1, 1, 1)",
                "INSERT INTO filtered VALUES (current_date, 'a', 'demo', '', 'robot', 'view', 1, 1, 1)",
                "INSERT INTO filtered VALUES (current_date, 'a', 'demo', '/', 'Robot', 'view', 1, 1, 1)",
                "INSERT INTO filtered VALUES (current_date, 'a', 'demo', '/', 'robot', 'view', 1, -1, 1)",
                "INSERT INTO filtered VALUES (current_date, 'a', 'demo', '/', 'robot', 'view', 1, 1, -1)",
                "INSERT INTO visits VALUES (current_date, 'a b', 'demo', '/', 'mail', 1, 1, 1, 1)",
                "INSERT INTO visits VALUES (current_date, 'a', 'Demo', '/', 'mail', 1, 1, 1, 1)",
                "INSERT INTO visits VALUES (current_date, 'a', 'demo', '', 'mail', 1, 1, 1, 1)",
                "INSERT INTO visits VALUES (current_date, 'a', 'demo', '/', 'Mail', 1, 1, 1, 1)",
                "INSERT INTO visits VALUES (current_date, 'a', 'demo', '/', 'mail', -1, 1, 1, 1)",
                "INSERT INTO visits VALUES (current_date, 'a', 'demo', '/', 'mail', 1, -1, 1, 1)",
                "INSERT INTO visits VALUES (current_date, 'a', 'demo', '/', 'mail', 1, 1, -1, 1)",
                "INSERT INTO visits VALUES (current_date, 'a', 'demo', '/', 'mail', 1, 1, 1, -1)",
                "INSERT INTO article_score VALUES ('demo', '/', 'a', -1, now(), 1)",
                "INSERT INTO balance VALUES (1, 5, 1, -1)",
                "INSERT INTO posting SELECT 1, created_at, journal_id, 0, 'demo', 5, -1 FROM chain_head",
                "INSERT INTO audit (subject, action, target) VALUES ('', 'key.create', 'x')",
                "INSERT INTO audit (subject, token, action, target) VALUES ('a', repeat('t', 257), 'key.create', 'x')",
                "INSERT INTO audit (subject, action, target) VALUES ('a', 'Key', 'x')",
                "INSERT INTO audit (subject, action, target) VALUES ('a', 'key.create', '')",
                "INSERT INTO audit_head VALUES (false, 1, '')",
                "INSERT INTO idempotency VALUES ('a', '', sha256(''), '{}')",
                "INSERT INTO idempotency VALUES ('a', 'b', '', '{}')",
                "INSERT INTO verdicts VALUES ('Demo', date_trunc('hour', now()), 'accepted', 1)",
                "INSERT INTO verdicts VALUES ('demo', date_trunc('hour', now()) + interval '1 s', 'accepted', 1)",
                "INSERT INTO verdicts VALUES ('demo', date_trunc('hour', now()), 'paid', 1)",
                "INSERT INTO verdicts VALUES ('demo', date_trunc('hour', now()), 'accepted', 0)",
                "INSERT INTO creator_state VALUES ('a b', 'active')",
                "INSERT INTO creator_state VALUES ('a', 'dead', 'x', now())",
                "INSERT INTO creator_state VALUES ('a', 'held', 'x')",
                "INSERT INTO reversal VALUES (1, now(), 1, 'demo', 1, 0)",
                "INSERT INTO correction (journal_id, at, publisher, micros, reason) VALUES (9, now(), 'demo', 0, 'x')",
                "INSERT INTO correction_line VALUES (1, -1, current_date, 'c', 'demo', '/', 'view', 1, 1, 5)",
                "INSERT INTO correction_line VALUES (1, 1, current_date, 'c', 'demo', '/', 'view', 1, -1, 5)",
                "INSERT INTO correction_line VALUES (1, 1, current_date, 'c', 'demo', '/', 'view', 1, 1, -5)",
                "INSERT INTO payout (creator, micros) VALUES ('c', 0)",
                "INSERT INTO payout_step VALUES (1, 'lost', now(), 1, 'ann')",
                "INSERT INTO payout_step VALUES (1, 'paid', now(), 1, '')",
                "INSERT INTO payout_step VALUES (1, 'failed', now(), 1, 'ann')")) {
            refused.add(constraintAgainst(sql));
        }
        for (EventType type : EventType.values()) {
            refused.add(constraintAgainst(
                    "INSERT INTO article_score (publisher, article, creator, micros, settled_at, journal_id, %s) VALUES ('demo', '/', 'a', 1, now(), 1, -1)"
                            .formatted(type.wireName())));
        }
        assertThat(refused).isEqualTo(checkConstraints());
    }

    /** The name of the constraint that stops the owner, who stands above all logins' rights. */
    private static String constraintAgainst(String sql) throws SQLException {
        try (Connection connection = connect(Databases.OWNER);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute(sql);
            connection.rollback();
            return "nothing refuses " + sql;
        } catch (PSQLException e) {
            assertThat(e.getSQLState()).as("%s: %s", sql, e.getMessage()).isEqualTo("23514");
            return String.valueOf(
                    Objects.requireNonNull(e.getServerErrorMessage()).getConstraint());
        }
    }

    private static Set<String> checkConstraints() throws SQLException {
        Set<String> names = new TreeSet<>();
        try (Connection connection = connect(Databases.OWNER);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("""
                        SELECT c.conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
                        WHERE c.contype = 'c' AND c.connamespace = 'public'::regnamespace AND NOT t.relispartition
                          AND t.relname <> 'flyway_schema_history'""")) {
            while (rows.next()) {
                names.add(rows.getString(1));
            }
        }
        return names;
    }
}
