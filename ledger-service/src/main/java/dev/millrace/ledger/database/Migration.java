package dev.millrace.ledger.database;

import dev.millrace.common.message.SettingException;
import dev.millrace.service.DatabaseUrlCheck;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.output.MigrateResult;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * {@code migrate}: brings the schema to this release, as its owner. It is the only program that takes the owner's secret. Any number of them
 * may run at the same time: one migrates, and the others wait. It starts no service and no Spring context.
 */
public final class Migration {
    /** The name of the command. */
    public static final String COMMAND = "migrate";

    /** The variable of the owner's secret. */
    public static final String OWNER_PASSWORD = "MILLRACE_POSTGRES_OWNER_PASSWORD";

    private static final String DATABASE_URL = "MILLRACE_POSTGRES_URL";
    private static final int FAILED = 1;
    private static final int WRONG_CALL = 2;

    /** A Postgres that is still coming up is waited for, a minute in all. */
    private static final int ATTEMPTS = 30;

    private static final int PAUSE_SECONDS = 2;

    private Migration() {}

    /**
     * Migrates; the exit code.
     *
     * @param arguments behind the command's name
     * @param environment the variables
     * @param out takes one line about what was done
     * @param err takes what went wrong
     */
    public static int run(List<String> arguments, Map<String, String> environment, PrintStream out, PrintStream err) {
        try {
            if (!arguments.isEmpty()) {
                throw new SettingException("migrate takes no arguments; the database is named by " + DATABASE_URL);
            }
            String url = environment.getOrDefault(DATABASE_URL, "jdbc:postgresql://localhost:5432/millrace");
            out.println(migrate(flyway(url, environment), url));
            return 0;
        } catch (SettingException e) {
            err.println(e.getMessage());
            return WRONG_CALL;
        } catch (FlywayException e) {
            err.println("the schema could not be migrated: " + e.getMessage());
            return FAILED;
        }
    }

    private static Flyway flyway(String url, Map<String, String> environment) {
        DatabaseUrlCheck.check(url);
        String password = environment.getOrDefault(OWNER_PASSWORD, "").strip();
        if (password.isEmpty()) {
            throw new SettingException(OWNER_PASSWORD + " is not set; migrations run as the schema's owner");
        }
        return Flyway.configure()
                .dataSource(url, environment.getOrDefault("MILLRACE_POSTGRES_OWNER", "millrace_owner"), password)
                .connectRetries(ATTEMPTS)
                .connectRetriesInterval(PAUSE_SECONDS)
                .loggers("slf4j")
                .load();
    }

    private static String migrate(Flyway flyway, String url) {
        String before = version(flyway.info().current()); // waits for a Postgres that is still coming up
        refuseOldDatabase(flyway);
        MigrateResult result = flyway.migrate();
        String database = url.replaceAll("\\?.*", "");
        return result.migrationsExecuted == 0
                ? "%s is at version %s; there was nothing to do".formatted(database, before)
                : "%s was migrated from version %s to %s: %d migrations"
                        .formatted(database, before, version(flyway.info().current()), result.migrationsExecuted);
    }

    private static String version(@Nullable MigrationInfo migration) {
        return migration == null ? "0" : String.valueOf(migration.getVersion());
    }

    private static void refuseOldDatabase(Flyway flyway) {
        boolean old = JdbcClient.create(flyway.getConfiguration().getDataSource())
                .sql("""
                        SELECT EXISTS (
                            SELECT FROM pg_attribute
                            WHERE attrelid = to_regclass('partition_cursor') AND attname = 'opening' AND NOT attisdropped)
                        """)
                .query(Boolean.class)
                .single();
        if (old) {
            throw new SettingException(
                    "MILLRACE_POSTGRES_URL names a database that release 0.1 made (partition_cursor has a column 'opening');"
                            + " 0.2 starts from an empty database and an empty Redis. Nothing in this one has been changed");
        }
    }
}
