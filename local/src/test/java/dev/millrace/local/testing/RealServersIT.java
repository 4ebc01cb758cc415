package dev.millrace.local.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.local.server.Databases;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

class RealServersIT {
    @Test
    void eachFreshDatabaseIsEmptyAndBelongsToTheOwner() throws Exception {
        String first = RealServers.freshDatabase();
        String second = RealServers.freshDatabase();
        assertThat(second).isNotEqualTo(first);
        for (String url : new String[] {first, second}) {
            try (Connection owner = DriverManager.getConnection(url, Databases.OWNER, RealServers.password());
                    Statement statement = owner.createStatement()) {
                statement.execute("CREATE TABLE once (id int)");
            }
        }
    }

    @Test
    void redisIsReachedByItsUrlAndCanBeEmptied() throws Exception {
        assertThat(RealServers.redisUrl()).matches("redis://[^:]+:\\d+");
        RealServers.flushRedis();
    }
}
