package dev.millrace.ledger.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.message.SettingException;
import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.Stores;
import dev.millrace.local.testing.RealServers;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class MigrationIT {

    @Test
    void aDatabaseOfRelease01IsRefusedAndLeftAsItIs(CapturedOutput output) {
        try (Stores stores =
                new Stores(RealServers.freshDatabase(), RealServers.redisUrl() + "/6", RealServers.password())) {
            stores.owner()
                    .sql("CREATE TABLE partition_cursor (partition smallint PRIMARY KEY, opening bigint NOT NULL)")
                    .update();
            assertThatThrownBy(() -> RunningLedger.start(stores, Map.of()))
                    .hasRootCauseInstanceOf(SettingException.class);
            assertThat(output.getAll())
                    .contains("MILLRACE_POSTGRES_URL names a database that release 0.1 made")
                    .contains("0.2 starts from an empty database");
            assertThat(stores.owner()
                            .sql(
                                    "SELECT string_agg(relname, ' ') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
                            .query(String.class)
                            .single())
                    .isEqualTo("partition_cursor");
        }
    }
}
