package dev.millrace.settlement.settle;

import dev.millrace.common.counters.EarnField;
import dev.millrace.common.counters.EngageField;
import dev.millrace.common.money.Micros;
import dev.millrace.settlement.read.BrokenPartition;
import dev.millrace.settlement.read.EpochSink;
import dev.millrace.settlement.read.Rates;
import dev.millrace.settlement.read.SealedEpoch;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.springframework.jdbc.datasource.DataSourceUtils;

/**
 * Copies epochs into temporary tables that live as long as the transaction, while they are read. Rows stand there field by
 * field, several of one creator where several epochs have them; whoever reads the tables sums them up.
 *
 * <p>Each row bears the number of its epoch in this batch, so that one that turns out not to add up can be taken out again.
 */
final class Staging implements EpochSink {
    /** Rows from which on it pays to tell the database's planner about them. */
    private static final long MANY = 100_000;

    private final DataSource dataSource;
    private final Copy earned;
    private final Copy engaged;
    private final Set<Integer> unproven = new TreeSet<>();
    private int part;
    private long rows;
    private boolean created;

    /**
     * @param dataSource of the caller's transaction
     * @param chunk bytes gathered before they are sent
     */
    Staging(DataSource dataSource, int chunk) {
        this.dataSource = dataSource;
        this.earned = new Copy("COPY earned FROM STDIN", chunk);
        this.engaged = new Copy("COPY engaged FROM STDIN", chunk);
    }

    /** What is taken from now on is another epoch, and void until it is kept. */
    void begin() {
        unproven.add(++part);
    }

    /** What was taken since {@link #begin} adds up. */
    void keep() {
        unproven.remove(part);
    }

    /** Takes all of an epoch that is in memory and adds up. */
    void take(SealedEpoch epoch, Rates.Known rates) throws BrokenPartition {
        begin();
        epoch.earned().forEach(this::earned);
        for (Map.Entry<EngageField, Long> entry : epoch.engaged().entrySet()) {
            Micros price = rates.of(entry.getKey()).price(entry.getValue());
            engaged(epoch.day(), entry.getKey(), entry.getValue(), price);
        }
        keep();
    }

    @Override
    public void earned(EarnField field, Micros micros) {
        earned.row(part, field.publisher(), field.creator(), micros.value());
    }

    @Override
    public void engaged(LocalDate day, EngageField field, long units, Micros price) {
        engaged.row(
                part,
                day,
                field.creator(),
                field.publisher(),
                field.article(),
                field.type().wireName(),
                field.rateVersion(),
                units,
                price.value());
    }

    /** Makes the tables where nothing has yet, brings everything there, and takes out again what is void. */
    void finish() {
        createOnce();
        earned.flush();
        engaged.flush();
        if (!unproven.isEmpty()) {
            String parts = unproven.stream().map(String::valueOf).collect(Collectors.joining(", "));
            execute("DELETE FROM earned WHERE part IN (%1$s); DELETE FROM engaged WHERE part IN (%1$s)"
                    .formatted(parts));
        }
        if (rows > MANY) {
            execute("ANALYZE earned, engaged");
        }
    }

    private void createOnce() {
        if (!created) {
            execute("""
                CREATE TEMP TABLE earned (part int, publisher text COLLATE "C", creator text COLLATE "C", micros bigint) ON COMMIT DROP;
                CREATE TEMP TABLE engaged (part int, day date, creator text COLLATE "C", publisher text COLLATE "C",
                    article text COLLATE "C", type text COLLATE "C", rate_version int, units bigint, micros bigint) ON COMMIT DROP
                """);
            created = true;
        }
    }

    private void execute(String sql) {
        try (Statement statement = connection().createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private Connection connection() {
        return DataSourceUtils.getConnection(dataSource);
    }

    private static IllegalStateException failed(Exception e) {
        return new IllegalStateException("the batch can't be copied into the database: " + e.getMessage(), e);
    }

    /** Bytes that can be read where they are. */
    private static final class Bytes extends ByteArrayOutputStream {
        InputStream read() {
            return new ByteArrayInputStream(buf, 0, count);
        }
    }

    /** COPY in the text format, a chunk at a time. */
    private final class Copy {
        private final String command;
        private final int chunk;
        private final StringBuilder text = new StringBuilder();
        private final Bytes gathered = new Bytes();

        Copy(String command, int chunk) {
            this.command = command;
            this.chunk = chunk;
        }

        void row(Object... values) {
            text.setLength(0);
            for (int i = 0; i < values.length; i++) {
                text.append(i == 0 ? "" : "\t");
                escape(values[i].toString());
            }
            text.append('\n');
            gathered.writeBytes(text.toString().getBytes(StandardCharsets.UTF_8));
            rows++;
            if (gathered.size() >= chunk) {
                flush();
            }
        }

        void flush() {
            if (gathered.size() == 0) {
                return;
            }
            createOnce();
            try {
                connection().unwrap(PGConnection.class).getCopyAPI().copyIn(command, gathered.read());
            } catch (SQLException | IOException e) {
                throw failed(e);
            }
            gathered.reset();
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
