package dev.millrace.books;

import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.Filter;
import dev.millrace.common.token.Note;
import dev.millrace.common.token.Source;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.springframework.jdbc.datasource.DataSourceUtils;

/**
 * Copies epochs into temporary tables that live as long as the transaction, while they are read: what creators have earned and publishers have spent, and the
 * units it is for. Units are summed by name in memory, up to a number of names, then copied. So several rows may have one name, and a reader of the
 * tables sums them up.
 *
 * <p>Each row bears the number of its epoch in this batch, its part. An epoch that is unreadable or does not add up is taken out again by it.
 */
public final class Staging {
    /** Names whose units are summed in memory at a time. */
    public static final int NAMES = 100_000;

    /** Characters that are gathered before they go to the database. */
    public static final int CHARACTERS = 8 << 20;

    /** Rows from which on it pays to tell the database's planner about them. */
    private static final long MANY = 100_000;

    private final DataSource dataSource;
    private final int mostNames;
    private final Copy earned;
    private final Copy spent;
    private final Copy engaged;
    private final Map<EngagementName, Long> units = new HashMap<>();
    private final Set<Integer> unread = new TreeSet<>();
    private LocalDate day = LocalDate.EPOCH;
    private int part;
    private long rows;
    private boolean created;
    private boolean notes;

    /** @param dataSource of the caller's transaction */
    public Staging(DataSource dataSource, int names, int characters) {
        this.dataSource = dataSource;
        this.mostNames = names;
        this.earned = new Copy("earned", characters);
        this.spent = new Copy("spent", characters);
        this.engaged = new Copy("engaged", characters);
    }

    /** Begins another epoch, which is void until it is kept; returns its part. */
    public int begin() {
        units.clear();
        unread.add(++part);
        return part;
    }

    /** Takes a creator's earnings; they may come twice. */
    public void earned(String creator, long micros) {
        earned.row(part, creator, micros);
    }

    /** Takes what was counted of a publisher's events on a day; it may come twice. */
    public void spent(String publisher, LocalDate on, long micros) {
        spent.row(part, publisher, on, micros);
    }

    /**
     * Makes this epoch's units void.
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
        notes |= !name.note().equals(Note.NONE);
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

    /** Whether some of the units have a note. */
    public boolean hasNotes() {
        return notes;
    }

    /** Rows taken. */
    public long rows() {
        return rows;
    }

    private void copyUnits() {
        units.values().removeIf(sum -> sum == 0);
        units.forEach((name, sum) -> engaged.row(
                part,
                day,
                name.creator(),
                name.publisher(),
                name.article(),
                name.type().wireName(),
                name.rateVersion(),
                kind(name.note()),
                detail(name.note()),
                name.note().visitor(),
                sum));
        units.clear();
    }

    /** A note in SQL: {@code paid}, {@code filtered} or {@code visit}. */
    static String kind(Note note) {
        return note.filter() != null ? "filtered" : note.visit() ? "visit" : "paid";
    }

    /** The filter or the source, empty for none. */
    static String detail(Note note) {
        Source source = note.source();
        Filter filter = note.filter();
        return filter != null ? filter.wireName() : source != null ? source.wireName() : "";
    }

    /** Makes the tables if they are missing, writes everything there, and deletes void rows. */
    public void finish() {
        createOnce();
        earned.flush();
        spent.flush();
        engaged.flush();
        drop(unread);
        if (rows > MANY) {
            execute("ANALYZE earned, spent, engaged");
        }
    }

    /** Takes epochs out again. */
    public void drop(Collection<Integer> parts) {
        if (!parts.isEmpty()) {
            String all = parts.stream().map(String::valueOf).collect(Collectors.joining(", "));
            execute(
                    "DELETE FROM earned WHERE part IN (%1$s); DELETE FROM spent WHERE part IN (%1$s); DELETE FROM engaged WHERE part IN (%1$s)"
                            .formatted(all));
        }
    }

    private void createOnce() {
        if (!created) {
            execute("""
                CREATE TEMP TABLE earned (part int, creator text COLLATE "C", micros bigint) ON COMMIT DROP;
                CREATE TEMP TABLE spent (part int, publisher text COLLATE "C", day date, micros bigint) ON COMMIT DROP;
                CREATE TEMP TABLE engaged (part int, day date, creator text COLLATE "C", publisher text COLLATE "C",
                    article text COLLATE "C", type text COLLATE "C", rate_version int, kind text COLLATE "C", detail text COLLATE "C", visitor boolean,
                    units bigint) ON COMMIT DROP
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

    /** COPY in the text format, a chunk at a time. */
    private final class Copy {
        private final String table;
        private final int chunk;
        private final StringBuilder gathered = new StringBuilder();

        /** Of the last row. */
        private int lastPart;

        Copy(String table, int chunk) {
            this.table = table;
            this.chunk = chunk;
        }

        void row(int ofPart, Object... values) {
            gathered.append(ofPart);
            for (Object value : values) {
                gathered.append('\t');
                escape(value.toString());
            }
            gathered.append('\n');
            rows++;
            lastPart = ofPart;
            if (gathered.length() >= chunk) {
                flush();
            }
        }

        void flush() {
            if (gathered.isEmpty()) {
                return;
            }
            createOnce();
            try {
                byte[] text = gathered.toString().getBytes(StandardCharsets.UTF_8);
                connection()
                        .unwrap(PGConnection.class)
                        .getCopyAPI()
                        .copyIn("COPY " + table + " FROM STDIN", new ByteArrayInputStream(text));
            } catch (SQLException | IOException e) {
                throw failed(e);
            }
            gathered.setLength(0);
        }

        private void escape(String value) {
            for (int i = 0; i < value.length(); i++) {
                char c = value.charAt(i);
                switch (c) {
                    case '\\' -> gathered.append("\\\\");
                    case '\t' -> gathered.append("\\t");
                    case '\n' -> gathered.append("\\n");
                    case '\r' -> gathered.append("\\r");
                    default -> gathered.append(c);
                }
            }
        }
    }
}
