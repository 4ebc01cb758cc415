package dev.millrace.local.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.local.process.CommandException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PostgresServerIT {
    @TempDir
    private Path home;

    @BeforeEach
    void everybodyMayEnter() throws Exception {
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void whatWasCommittedSurvivesAKillOfTheWholeServer() throws Exception {
        try (PostgresServer postgres = start(Account.choose())) {
            execute(postgres, "CREATE TABLE paid (micros bigint)", "INSERT INTO paid VALUES (7)");
            postgres.kill();
            postgres.restart();
            assertThat(one(postgres, Databases.OWNER, "SELECT micros FROM paid"))
                    .isEqualTo("7");
        }
    }

    @ParameterizedTest
    @EnumSource(Account.class)
    void runsUnderEachAccountAndKeepsItsDataWhenTheAccountChanges(Account account) throws Exception {
        assumeTrue(account == Account.OURS ? !Account.isRoot() : Account.isRoot() && account.works());
        try (PostgresServer postgres = start(account)) {
            execute(postgres, "CREATE TABLE kept AS SELECT 42 AS answer");
        }
        try (PostgresServer postgres = start(Account.choose())) {
            assertThat(one(postgres, Databases.OWNER, "SELECT answer FROM kept"))
                    .isEqualTo("42");
        }
    }

    @Test
    void hasTheLoginsAndSettingsOfTheStack() throws Exception {
        try (PostgresServer postgres = start(Account.choose())) {
            assertThat(postgres.description()).isEqualTo("postgres 18.1 (embedded binary)");
            assertThat(one(postgres, Databases.SETTLER, "SELECT current_user")).isEqualTo("settler");
            assertThat(one(postgres, Databases.SETTLER, "SHOW server_encoding")).isEqualTo("UTF8");
            assertThat(one(postgres, Databases.LEDGER, "SHOW data_checksums")).isEqualTo("on");
            assertThat(one(postgres, Databases.LEDGER, "SHOW synchronous_commit"))
                    .isEqualTo("on");
            assertThat(
                            one(
                                    postgres,
                                    Databases.LEDGER,
                                    "SELECT datcollate || ' ' || pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"))
                    .isEqualTo("C millrace_owner");
            assertThatThrownBy(() ->
                            new Databases("127.0.0.1", postgres.port(), "wrong").connect(Databases.OWNER, "millrace"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("password authentication failed");
        }
    }

    @Test
    void aDatabaseCreatedTwiceIsTheSameOne() throws Exception {
        try (PostgresServer postgres = start(Account.choose())) {
            String url = postgres.databases().create("fresh");
            assertThat(url).isEqualTo("jdbc:postgresql://127.0.0.1:" + postgres.port() + "/fresh");
            assertThat(postgres.databases().create("fresh")).isEqualTo(url);
        }
    }

    @Test
    void dataOfAnotherMajorVersionIsRefusedWithTheRemedy() throws Exception {
        Path data = Files.createDirectories(home.resolve("postgres/data"));
        Files.writeString(data.resolve("PG_VERSION"), "12\n");
        assertThatThrownBy(() -> start(Account.choose()))
                .isInstanceOf(CommandException.class)
                .hasMessage("the data in " + data + " belongs to Postgres 12, but the binaries are Postgres 18:"
                        + " set MILLRACE_HOME to another folder, or move this one away");
    }

    private PostgresServer start(Account account) {
        return PostgresServer.start(TestPlace.in(home), 0, Durability.RELAXED, line -> {}, account);
    }

    private static void execute(PostgresServer postgres, String... statements) throws SQLException {
        try (Connection connection = postgres.databases().connect(Databases.OWNER, PostgresServer.DATABASE);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static String one(PostgresServer postgres, String login, String sql) throws SQLException {
        try (Connection connection = postgres.databases().connect(login, PostgresServer.DATABASE);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getString(1);
        }
    }
}
