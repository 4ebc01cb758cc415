package dev.millrace.settlement.settle;

import dev.millrace.common.counters.EarnField;
import dev.millrace.common.counters.EngageField;
import dev.millrace.common.money.Micros;
import dev.millrace.settlement.read.BrokenPartition;
import dev.millrace.settlement.read.Rates;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.postgresql.PGConnection;

/** Copies a batch into temporary tables that live as long as the transaction. */
final class Staging {
    private static final int CHUNK = 1 << 20;

    private final Connection connection;

    Staging(Connection connection) {
        this.connection = connection;
    }

    void fill(Batch batch, Rates.Known rates) throws SQLException, IOException, BrokenPartition {
        try (Statement statement = connection.createStatement()) {
            statement.execute("""
                CREATE TEMP TABLE earned (publisher text COLLATE "C", creator text COLLATE "C", micros bigint) ON COMMIT DROP;
                CREATE TEMP TABLE engaged (day date, creator text, publisher text, article text, type text, rate_version int,
                    units bigint, micros bigint) ON COMMIT DROP
                """);
        }
        Copy earned = new Copy("COPY earned FROM STDIN");
        for (Map.Entry<EarnField, Micros> entry : batch.earned().entrySet()) {
            earned.row(
                    entry.getKey().publisher(),
                    entry.getKey().creator(),
                    entry.getValue().value());
        }
        earned.flush();
        Copy engaged = new Copy("COPY engaged FROM STDIN");
        for (Map.Entry<Batch.Engaged, Long> entry : batch.engaged().entrySet()) {
            EngageField field = entry.getKey().field();
            long units = entry.getValue();
            engaged.row(
                    entry.getKey().day(),
                    field.creator(),
                    field.publisher(),
                    field.article(),
                    field.type().wireName(),
                    field.rateVersion(),
                    units,
                    rates.of(field).price(units).value());
        }
        engaged.flush();
    }

    /** COPY in the text format, a megabyte at a time. */
    private final class Copy {
        private final String command;
        private final StringBuilder text = new StringBuilder();

        Copy(String command) {
            this.command = command;
        }

        void row(Object... values) throws SQLException, IOException {
            for (int i = 0; i < values.length; i++) {
                text.append(i == 0 ? "" : "\t");
                escape(values[i].toString());
            }
            text.append('\n');
            if (text.length() > CHUNK) {
                flush();
            }
        }

        void flush() throws SQLException, IOException {
            connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn(command, new ByteArrayInputStream(text.toString().getBytes(StandardCharsets.UTF_8)));
            text.setLength(0);
        }

        private void escape(String value) {
            for (int i = 0; i < value.length(); i++) {
                char c = value.charAt(i);
                switch (c) {
                    case '\\' -> text.append("\\\\");
                    case '\t' -> text.append("\\t");
                    case '\n' -> text.append("\\n");
                    case '\r' -> text.append("\\r");
                    default -> text.append(c);
                }
            }
        }
    }
}
