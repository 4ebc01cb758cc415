package dev.millrace.settlement.settle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.local.server.Databases;
import dev.millrace.local.testing.RealServers;
import dev.millrace.settlement.RunningWorker;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every table with every login: what a login may do is listed here, and everything else is tried. */
class GrantsIT {
    private static final String DENIED = "42501";
    private static final List<String> LOGINS = List.of(Databases.SETTLER, Databases.LEDGER, Databases.READER);

    /** Columns in brackets: these alone. A table that is not here for a login may be read by it, and not be changed. */
    private static final Map<String, String> GRANTED = Map.ofEntries(
            Map.entry("ledger audit", "SELECT INSERT"),
            Map.entry("ledger creator_state", "SELECT INSERT UPDATE"),
            Map.entry("ledger idempotency", "SELECT INSERT"),
            Map.entry(
                    "ledger publisher",
                    "SELECT INSERT UPDATE(state,until,reason,budget_day,budget_total,events_per_second,creators,"
                            + "new_creators_per_day,new_articles_per_day,page_tokens,sites,filters_off)"),
            Map.entry("ledger publisher_creator", "SELECT INSERT DELETE"),
            Map.entry("ledger publisher_key", "SELECT INSERT UPDATE(revoked_at)"),
            Map.entry("ledger rate", "SELECT INSERT"),
            Map.entry("ledger rate_card", "SELECT INSERT UPDATE(withdrawn_at)"),
            Map.entry("reader flyway_schema_history", ""),
            Map.entry("settler account", "SELECT INSERT"),
            Map.entry("settler article_score", "SELECT INSERT UPDATE"),
            Map.entry("settler audit", "INSERT"),
            Map.entry("settler audit_head", ""),
            Map.entry("settler balance", "SELECT INSERT UPDATE"),
            Map.entry("settler chain_head", "SELECT UPDATE"),
            Map.entry("settler correction", ""),
            Map.entry("settler correction_line", ""),
            Map.entry("settler creator_state", ""),
            Map.entry("settler engagement", "SELECT INSERT UPDATE"),
            Map.entry("settler filtered", "SELECT INSERT UPDATE"),
            Map.entry("settler verdicts", "SELECT INSERT UPDATE"),
            Map.entry("settler visits", "SELECT INSERT UPDATE"),
            Map.entry("settler flyway_schema_history", ""),
            Map.entry("settler idempotency", ""),
            Map.entry("settler journal", "SELECT INSERT"),
            Map.entry("settler partition_cursor", "SELECT UPDATE"),
            Map.entry("settler partition_opening", "SELECT INSERT"),
            Map.entry("settler payout", ""),
            Map.entry("settler payout_step", ""),
            Map.entry("settler posting", "SELECT INSERT"),
            Map.entry("settler publisher_spent", "SELECT INSERT UPDATE"),
            Map.entry("settler quarantine_decision", "SELECT INSERT"),
            Map.entry("settler reversal", ""),
            Map.entry("settler settled_epoch", "SELECT INSERT"));

    /** Functions that each login may call; no other. */
    private static final Map<String, String> FUNCTIONS = Map.of(
            Databases.LEDGER,
            "correct end_payout journal_hash journal_text merkle_add merkle_end merkle_root month_bound posting_leaf posting_text price"
                    + " request_payouts standing",
            Databases.READER,
            "audit_hash journal_hash journal_text merkle_add merkle_end merkle_root month_bound posting_leaf posting_text price",
            Databases.SETTLER,
            "book ensure_months journal_hash journal_text merkle_add merkle_end merkle_root month_bound posting_leaf posting_text price");

    private static String database = "";

    @BeforeAll
    static void make() {
        String url = RunningWorker.freshDatabase();
        database = url.substring(url.lastIndexOf('/') + 1);
    }

    private static List<String> strings(String sql) throws SQLException {
        List<String> found = new ArrayList<>();
        try (Connection owner = RealServers.databases().connect(Databases.OWNER, database);
                Statement statement = owner.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                found.add(rows.getString(1));
            }
        }
        return found;
    }

    private static List<String> tables() throws SQLException {
        return strings("""
                SELECT relname FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') AND NOT relispartition
                ORDER BY relname""");
    }

    private static List<String> columns(String table) throws SQLException {
        return strings("""
                SELECT attname FROM pg_attribute
                WHERE attrelid = '%s'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity <> 'a'
                ORDER BY attnum""".formatted(table));
    }

    /** What is not refused for lack of a right; a statement that fails for another reason was allowed. */
    private static String allowed(Connection connection, String table) throws SQLException {
        List<String> allowed = new ArrayList<>();
        for (String word : List.of("SELECT", "INSERT", "DELETE", "TRUNCATE")) {
            if (isAllowed(connection, statement(word, table))) {
                allowed.add(word);
            }
        }
        List<String> changed = new ArrayList<>();
        List<String> columns = columns(table);
        for (String column : columns) {
            if (isAllowed(connection, "UPDATE %s SET \"%s\" = NULL WHERE false".formatted(table, column))) {
                changed.add(column);
            }
        }
        if (!changed.isEmpty()) {
            allowed.add(changed.equals(columns) ? "UPDATE" : "UPDATE(" + String.join(",", changed) + ")");
        }
        return String.join(" ", allowed);
    }

    private static String statement(String word, String table) {
        return switch (word) {
            case "SELECT" -> "SELECT count(*) FROM " + table;
            case "INSERT" -> "INSERT INTO " + table + " DEFAULT VALUES";
            case "DELETE" -> "DELETE FROM " + table + " WHERE false";
            default -> "TRUNCATE " + table + " CASCADE";
        };
    }

    private static boolean isAllowed(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
            return true;
        } catch (SQLException e) {
            return !DENIED.equals(e.getSQLState());
        } finally {
            connection.rollback();
        }
    }

    @Test
    void everyLoginMayDoWhatIsListedAndNothingElse() throws SQLException {
        Map<String, String> found = new TreeMap<>();
        for (String login : LOGINS) {
            try (Connection connection = RealServers.databases().connect(login, database)) {
                connection.setAutoCommit(false);
                for (String table : tables()) {
                    String allowed = allowed(connection, table);
                    if (!allowed.equals("SELECT")) {
                        found.put(login + " " + table, allowed);
                    }
                }
            }
        }
        assertThat(found).containsExactlyInAnyOrderEntriesOf(GRANTED);
    }

    @Test
    void everyLoginMayCallTheFunctionsThatAreListedAndNoOther() throws SQLException {
        for (String login : LOGINS) {
            assertThat(strings("""
                            SELECT proname FROM pg_proc
                            WHERE pronamespace = 'public'::regnamespace AND has_function_privilege('%s', oid, 'EXECUTE') ORDER BY 1""".formatted(login)))
                    .as(login)
                    .containsExactly(String.valueOf(FUNCTIONS.get(login)).split(" "));
        }
    }

    /** A trigger's function runs as the owner, on a table of the login's own, whose rows it would turn into the ledger's by the login's cast. */
    @Test
    void noLoginMakesATriggerOfTheLedgersFunctions() throws SQLException {
        List<String> functions = strings(
                "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype ORDER BY 1");
        assertThat(functions).contains("audit_is_chained", "catalog_changed", "entries_are_final");
        try (Connection connection = RealServers.databases().connect(Databases.SETTLER, database)) {
            connection.setAutoCommit(false);
            for (String function : functions) {
                try (Statement statement = connection.createStatement()) {
                    statement.execute("CREATE TEMP TABLE mine (LIKE rate_card)");
                    assertThatThrownBy(() -> statement.execute(
                                    "CREATE TRIGGER t BEFORE INSERT ON mine FOR EACH ROW EXECUTE FUNCTION " + function
                                            + "()"))
                            .hasMessageContaining("permission denied for function " + function);
                }
                connection.rollback();
            }
        }
    }

    @Test
    void whoBooksNothingMakesNoTableNotEvenATemporaryOne() throws SQLException {
        String url = RealServers.freshDatabase();
        RunningWorker.migrate(url, RealServers.databases());
        String fresh = url.substring(url.lastIndexOf('/') + 1);
        for (String login : List.of(Databases.LEDGER, Databases.READER)) {
            try (Connection connection = RealServers.databases().connect(login, fresh)) {
                connection.setAutoCommit(false);
                assertThat(isAllowed(connection, "CREATE TEMP TABLE mine (a int)"))
                        .as(login)
                        .isFalse();
                assertThat(isAllowed(connection, "CREATE TABLE mine (a int)"))
                        .as(login)
                        .isFalse();
            }
        }
    }
}
