package dev.millrace.ledger.database;

import dev.millrace.common.message.SettingException;
import org.flywaydb.core.Flyway;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationStrategy;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Migrates the schema at start, unless the database is one that can't be migrated. */
@Configuration(proxyBeanMethods = false)
public class MigrationConfiguration {

    @Bean
    FlywayMigrationStrategy migration() {
        return flyway -> {
            flyway.info(); // waits for a Postgres that is still coming up
            refuseOldDatabase(flyway);
            flyway.migrate();
        };
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
