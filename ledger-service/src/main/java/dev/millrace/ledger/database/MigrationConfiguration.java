package dev.millrace.ledger.database;

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
            throw new OldDatabaseException();
        }
    }
}
