package dev.millrace.ledger.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.message.SettingException;
import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.Stores;
import dev.millrace.local.server.Databases;
import dev.millrace.local.testing.RealServers;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The command {@code migrate}, and what the service does with a schema that is not this release's. */
@ExtendWith(OutputCaptureExtension.class)
class MigrationIT {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private Stores stores;

    @BeforeEach
    void emptyDatabase() {
        stores = new Stores(RealServers.freshDatabase(), RealServers.redisUrl() + "/6", RealServers.password());
    }

    @AfterEach
    void close() {
        stores.close();
    }

    private int migrate(Map<String, String> more, String... arguments) {
        Map<String, String> environment = new HashMap<>(Map.of(
                "MILLRACE_POSTGRES_URL", stores.jdbcUrl(), "MILLRACE_POSTGRES_OWNER_PASSWORD", stores.password()));
        environment.putAll(more);
        out.reset();
        err.reset();
        return Migration.run(
                List.of(arguments),
                environment,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private String said() {
        return out.toString(StandardCharsets.UTF_8).strip();
    }

    private String complained() {
        return err.toString(StandardCharsets.UTF_8).strip();
    }

    private String tables() {
        return stores.owner()
                .sql(
                        "SELECT coalesce(string_agg(relname, ' '), '') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
                .query(String.class)
                .single();
    }

    @Test
    void itSaysWhatItDidAndNeedsToDoItOnce() {
        int migrations = SchemaCheck.migrations().size();
        assertThat(migrate(Map.of())).as(complained()).isZero();
        assertThat(said())
                .isEqualTo("%s was migrated from version 0 to %s: %d migrations"
                        .formatted(
                                stores.jdbcUrl(),
                                List.copyOf(SchemaCheck.migrations()).getLast(),
                                migrations));
        assertThat(migrate(Map.of())).isZero();
        assertThat(said()).endsWith("; there was nothing to do");
        assertThat(complained()).isEmpty();
    }

    @Test
    void aDatabaseOfRelease01IsRefusedAndLeftAsItIs() {
        stores.owner()
                .sql("CREATE TABLE partition_cursor (partition smallint PRIMARY KEY, opening bigint NOT NULL)")
                .update();
        assertThat(migrate(Map.of())).isEqualTo(2);
        assertThat(complained())
                .contains("MILLRACE_POSTGRES_URL names a database that release 0.1 made")
                .contains("0.2 starts from an empty database");
        assertThat(tables()).isEqualTo("partition_cursor");
    }

    @Test
    void aWrongCallIsNamedAndNothingIsPrintedOfASecret() {
        assertThat(migrate(Map.of(), "--force")).isEqualTo(2);
        assertThat(complained()).startsWith("migrate takes no arguments");
        assertThat(migrate(Map.of("MILLRACE_POSTGRES_OWNER_PASSWORD", " "))).isEqualTo(2);
        assertThat(complained())
                .isEqualTo("MILLRACE_POSTGRES_OWNER_PASSWORD is not set; migrations run as the schema's owner");
        assertThat(migrate(Map.of("MILLRACE_POSTGRES_URL", "jdbc:postgresql://a:S3cr3t@db/millrace")))
                .isEqualTo(2);
        assertThat(complained()).contains("holds a user or a password").doesNotContain("S3cr3t");
    }

    /** The login of a service owns nothing. */
    @Test
    void aMigrationThatFailsSaysWhy() {
        assertThat(migrate(Map.of("MILLRACE_POSTGRES_OWNER", Databases.LEDGER))).isEqualTo(1);
        assertThat(complained())
                .startsWith("the schema could not be migrated: ")
                .contains("permission denied");
        assertThat(tables()).isEmpty();
    }

    private SchemaCheck check(Set<String> needed, Duration patience) {
        return new SchemaCheck(JdbcClient.create(stores.pool(Databases.LEDGER)), needed, patience, false);
    }

    @Test
    void withoutTheSchemaTheServiceNamesTheCommand() {
        for (boolean isMigrated : new boolean[] {false, true}) {
            assertThatThrownBy(() -> check(Set.of("1", "999"), Duration.ZERO).start())
                    .isInstanceOf(SettingException.class)
                    .hasMessageContaining(
                            isMigrated
                                    ? "the database lacks the migrations 999"
                                    : "\"flyway_schema_history\" does not exist")
                    .hasMessageContaining("Run `migrate` of this release with the owner's secret: ./millrace migrate");
            assertThat(migrate(Map.of())).isZero();
        }
    }

    @Test
    void theServiceWaitsForTheJobAndTakesALaterSchemaToo(CapturedOutput log) {
        SchemaCheck check = check(SchemaCheck.migrations(), SchemaCheck.PATIENCE);
        CompletableFuture<Void> start = CompletableFuture.runAsync(check::start);
        assertThat(migrate(Map.of())).isZero();
        start.join();
        assertThat(check.isRunning()).isTrue();
        check(Set.of("1"), Duration.ZERO).start();
        assertThat(log.getAll().split("for `migrate`", -1)).hasSizeLessThanOrEqualTo(2);
    }

    @Test
    void theServiceRefusesTheOwnersSecretOutsideTheLocalProfile(CapturedOutput log) {
        assertThat(migrate(Map.of())).isZero();
        Map<String, String> secret = Map.of("MILLRACE_POSTGRES_OWNER_PASSWORD", "S3cr3t");
        assertThatThrownBy(() -> RunningLedger.start(stores, secret)).hasRootCauseInstanceOf(SettingException.class);
        assertThat(log.getAll())
                .contains("MILLRACE_POSTGRES_OWNER_PASSWORD is set. ledger-service takes no owner's secret")
                .doesNotContain("S3cr3t");
        RunningLedger.start(stores, secret, "--spring.profiles.active=local").close();
    }

    @Test
    void theServiceRefusesALoginWithTheOwnersRightsOutsideTheLocalProfile() {
        assertThat(migrate(Map.of())).isZero();
        for (String login : List.of(Databases.OWNER, "postgres")) {
            JdbcClient owners = JdbcClient.create(stores.pool(login));
            assertThatThrownBy(() -> new SchemaCheck(owners, Set.of("1"), Duration.ZERO, false).start())
                    .isInstanceOf(SettingException.class)
                    .hasMessageStartingWith(
                            "MILLRACE_POSTGRES_USER '%s' has the rights of the schema's owner".formatted(login));
            new SchemaCheck(owners, Set.of("1"), Duration.ZERO, true).start();
        }
    }
}
