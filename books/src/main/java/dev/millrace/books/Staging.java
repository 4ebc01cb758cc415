package dev.millrace.books;

import dev.millrace.common.token.EngagementName;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.springframework.jdbc.datasource.DataSourceUtils;

/**
 * Copies epochs into temporary tables that live as long as the transaction, while they are read: what creators have earned, and the units it
 * is for. Units are summed by name in memory, up to a number of names, then copied; so several rows may have one name, and whoever reads
 * the tables sums them up.
 *
 * <p>Each row bears the number of its epoch in this batch, its part, so that one that turns out to be unreadable or not to add up can be
 * taken out again.
 */
public final class Staging {
    /** Rows from which on it pays to tell the database's planner about them. */
    private static final long MANY = 100_000;

    private final DataSource dataSource;
    private final int mostNames;
    private final Copy earned;
    private final Copy engaged;
    private final Map<EngagementName, Long> units = new HashMap<>();
    private final Set<Integer> unread = new TreeSet<>();
    private LocalDate day = LocalDate.EPOCH;
    private int part;
    private long rows;
    private boolean created;

    /**
     * What bounds its memory.
     *
     * @param names names whose units it sums in memory at a time
     * @param bytes bytes that it gathers before they go to the database
     */
    public record Bounds(int names, int bytes) {
        public static final Bounds USUAL = new Bounds(100_000, 8 << 20);
    }

    /**
     * @param dataSource of the caller's transaction
     */
    public Staging(DataSource dataSource, Bounds bounds) {
        this.dataSource = dataSource;
        this.mostNames = bounds.names();
        this.earned = new Copy("COPY earned FROM STDIN", bounds.bytes());
        this.engaged = new Copy("COPY engaged FROM STDIN", bounds.bytes());
    }

    /** What is taken from now on is another epoch, and void until it is kept; its part. */
    public int begin() {
        units.clear();
        unread.add(++part);
        return part;
    }

    /** What a creator has earned; it may come twice. */
    public void earned(String creator, long micros) {
        earned.row(part, creator, micros);
    }

    /**
     * What was taken of this epoch's units is void.
     *
     * @param counted the day that they count for
     */
    public void beginUnits(LocalDate counted) {
        day = counted;
        units.clear();
        if (engaged.lastPart == part) {
            engaged.flush();
            execute("DELETE FROM engaged WHERE part = %d".formatted(part));
        }
    }

    /**
     * Units of a name; several of one name may come, negative ones too.
     *
     * @throws ArithmeticException when their sum is beyond a long
     */
    public void engaged(EngagementName name, long more) {
        units.merge(name, more, Math::addExact);
        if (units.size() >= mostNames) {
            copyUnits();
        }
    }

    /** All that was taken since {@link #begin} could be read. */
    public void keep() {
        copyUnits();
        unread.remove(part);
    }

    /** Rows taken. */
    public long rows() {
        return rows;
    }

    private void copyUnits() {
        units.forEach((name, sum) -> {
            if (sum != 0) {
                engaged.row(
                        part,
                        day,
                        name.creator(),
                        name.publisher(),
                        name.article(),
                        name.type().wireName(),
                        name.rateVersion(),
                        sum);
            }
        });
        units.clear();
    }

    /** Makes the tables where nothing has yet, brings everything there, and takes out again what is void. */
    public void finish() {
        createOnce();
        earned.flush();
        engaged.flush();
        drop(unread);
        if (rows > MANY) {
            execute("ANALYZE earned, engaged");
        }
    }

    /** Takes epochs out again. */
    public void drop(Collection<Integer> parts) {
        if (!parts.isEmpty()) {
            String all = parts.stream().map(String::valueOf).collect(Collectors.joining(", "));
            execute("DELETE FROM earned WHERE part IN (%1$s); DELETE FROM engaged WHERE part IN (%1$s)".formatted(all));
        }
    }

    private void createOnce() {
        if (!created) {
            execute("""
                CREATE TEMP TABLE earned (part int, creator text COLLATE "C", micros bigint) ON COMMIT DROP;
                CREATE TEMP TABLE engaged (part int, day date, creator text COLLATE "C", publisher text COLLATE "C",
                    article text COLLATE "C", type text COLLATE "C", rate_version int, units bigint) ON COMMIT DROP
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

        /** Of the last row. */
        private int lastPart;

        Copy(String command, int chunk) {
            this.command = command;
            this.chunk = chunk;
        }

        void row(int ofPart, Object... values) {
            text.setLength(0);
            text.append(ofPart);
            for (Object value : List.of(values)) {
                text.append('\t');
                escape(value.toString());
            }
            text.append('\n');
            gathered.writeBytes(text.toString().getBytes(StandardCharsets.UTF_8));
            rows++;
            lastPart = ofPart;
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
