package dev.millrace.settlement.cursor;

import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The table partition_cursor. A lock on a row lasts as long as the transaction around the call. */
public final class Cursors {
    private static final String COLUMNS =
            "partition, settled_epoch, settled_micros, settled_events, released_epoch, lineage, sealed_at, settled_at, halted";

    private final JdbcClient jdbc;

    public Cursors(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** All sixteen, without a lock. */
    public List<PartitionCursor> all() {
        return now().cursors();
    }

    /**
     * All sixteen, without a lock, and the time.
     *
     * @param second the database's clock, Unix seconds
     * @param openings how often partitions were opened since the beginning, all together
     */
    public record Moment(List<PartitionCursor> cursors, long second, long openings) {
        public Moment {
            cursors = List.copyOf(cursors);
        }
    }

    /** All sixteen and the database's clock, as of now. */
    public Moment now() {
        AtomicLong second = new AtomicLong();
        AtomicLong openings = new AtomicLong();
        List<PartitionCursor> cursors = jdbc.sql(
                        "SELECT " + COLUMNS
                                + ", floor(extract(epoch FROM clock_timestamp()))::bigint AS second, (SELECT count(*) FROM partition_opening) AS openings FROM partition_cursor ORDER BY partition")
                .query((row, number) -> {
                    second.set(row.getLong("second"));
                    openings.set(row.getLong("openings"));
                    return row(row, number);
                })
                .list();
        return new Moment(cursors, second.get(), openings.get());
    }

    /**
     * How long until one of the partitions is due (see {@link #claimDue}); not positive where one is. Empty while none is open.
     *
     * @param age how long after its last settlement a partition is due
     */
    public Optional<Duration> untilDue(Duration age) {
        return jdbc.sql("""
                SELECT extract(epoch FROM min(CASE WHEN settled_at > clock_timestamp() + interval '5 seconds' THEN 'epoch' ELSE settled_at END)
                    - clock_timestamp())
                FROM partition_cursor WHERE lineage > 0
                """)
                .query(BigDecimal.class)
                .optional()
                .map(seconds ->
                        Duration.ofNanos(seconds.movePointRight(9).longValue()).plus(age));
    }

    /**
     * Gives a number for a lineage that was never given before, in this row. It is committed before Redis hears of it: a Redis that was lost or
     * given up may have had a number that no cursor has noted.
     *
     * @param known that Redis has
     */
    public long issueLineage(int partition, long known) {
        return jdbc.sql("""
                UPDATE partition_cursor SET issued_lineage = greatest(issued_lineage, lineage, :known) + 1
                WHERE partition = :partition
                RETURNING issued_lineage
                """)
                .param("known", known)
                .param("partition", partition)
                .query(Long.class)
                .single();
    }

    /** The database's clock, Unix seconds. */
    public long databaseSecond() {
        return jdbc.sql("SELECT floor(extract(epoch FROM clock_timestamp()))::bigint")
                .query(Long.class)
                .single();
    }

    /**
     * Locks the partitions settled longer ago than this that no other worker holds, the oldest first; and those settled in the
     * future, by a clock that has come back since.
     *
     * @param most how many at most
     * @param except partitions left alone
     */
    public List<PartitionCursor> claimDue(Duration age, int most, Collection<Integer> except) {
        return jdbc.sql("SELECT " + COLUMNS + """
                         FROM partition_cursor
                        WHERE lineage > 0 AND partition <> ALL (:except)
                          AND (settled_at <= clock_timestamp() - make_interval(secs => :age)
                               OR settled_at > clock_timestamp() + interval '5 seconds')
                        ORDER BY settled_at, partition
                        LIMIT :most
                        FOR UPDATE SKIP LOCKED""")
                .param("age", age.toMillis() / 1_000.0)
                .param("except", except.stream().map(Integer::shortValue).toArray(Short[]::new))
                .param("most", most)
                .query(Cursors::row)
                .list();
    }

    /** Locks all partitions that were ever opened, waiting for other workers to let go of them. */
    public List<PartitionCursor> claimAll() {
        return jdbc.sql("SELECT " + COLUMNS + " FROM partition_cursor WHERE lineage > 0 ORDER BY partition FOR UPDATE")
                .query(Cursors::row)
                .list();
    }

    /** Locks this partition, or finds that another worker holds it. */
    public Optional<PartitionCursor> claimFree(int partition) {
        return jdbc.sql("SELECT " + COLUMNS
                        + " FROM partition_cursor WHERE partition = :partition FOR UPDATE SKIP LOCKED")
                .param("partition", partition)
                .query(Cursors::row)
                .optional();
    }

    /**
     * Notes that a lineage began with this epoch, as something was lost or it is the first.
     *
     * @param firstEpoch the epoch that was opened
     */
    public void opened(int partition, long lineage, long firstEpoch) {
        jdbc.sql("""
                INSERT INTO partition_opening (partition, lineage, first_epoch) VALUES (:partition, :lineage, :first)
                ON CONFLICT DO NOTHING
                """)
                .param("partition", partition)
                .param("lineage", lineage)
                .param("first", firstEpoch)
                .update();
    }

    /** Notes the lineage that may count from the commit on; with the first one the first interval begins. */
    public void raised(int partition, long lineage) {
        jdbc.sql("""
                UPDATE partition_cursor
                SET lineage = :lineage, settled_at = CASE lineage WHEN 0 THEN clock_timestamp() ELSE settled_at END
                WHERE partition = :partition
                """).param("lineage", lineage).param("partition", partition).update();
    }

    /** The last epoch that was settled of those counted in this lineage or before it; numbers beyond were used again by a later opening. */
    public long lastSettledOf(PartitionCursor cursor, long lineage) {
        return jdbc.sql(
                        "SELECT min(first_epoch) - 1 FROM partition_opening WHERE partition = :partition AND lineage > :lineage")
                .param("partition", cursor.partition())
                .param("lineage", lineage)
                .query(Long.class)
                .optional()
                .map(last -> Math.min(last, cursor.settledEpoch()))
                .orElse(cursor.settledEpoch());
    }

    /** Notes why a partition is left out, or that it no longer is. */
    public int halted(int partition, @Nullable String why) {
        return jdbc.sql(
                        "UPDATE partition_cursor SET halted = :why WHERE partition = :partition AND halted IS DISTINCT FROM :why")
                .param("why", why, java.sql.Types.VARCHAR)
                .param("partition", partition)
                .update();
    }

    private static PartitionCursor row(ResultSet row, int number) throws SQLException {
        return new PartitionCursor(
                row.getInt("partition"),
                row.getLong("settled_epoch"),
                row.getLong("settled_micros"),
                row.getLong("settled_events"),
                row.getLong("released_epoch"),
                row.getLong("lineage"),
                row.getObject("sealed_at", OffsetDateTime.class).toInstant(),
                row.getObject("settled_at", OffsetDateTime.class).toInstant(),
                row.getString("halted"));
    }
}
