package dev.millrace.books;

import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The table partition_cursor. A lock on a row lasts as long as the transaction around the call. */
public final class Cursors {
    private static final String COLUMNS =
            "partition, settled_epoch, settled_micros, settled_events, released_epoch, lineage, sealed_at, halted";

    private final JdbcClient jdbc;

    public Cursors(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** All sixteen, without a lock. */
    public List<PartitionCursor> all() {
        return jdbc.sql("SELECT " + COLUMNS + " FROM partition_cursor ORDER BY partition")
                .query(Cursors::row)
                .list();
    }

    /**
     * All sixteen and the database's clock, of one statement.
     *
     * @param second Unix seconds
     * @param openings how often partitions were opened since the beginning, all together
     * @param journal number of the last journal
     * @param hash of that journal, in hexadecimal digits
     */
    public record Moment(List<PartitionCursor> cursors, long second, long openings, long journal, String hash) {
        /** The same with other cursors. */
        public Moment with(List<PartitionCursor> others) {
            return new Moment(others, second, openings, journal, hash);
        }
    }

    /** The moment that is now, without a lock. */
    public Moment now() {
        List<Moment> rows = jdbc.sql(
                        "SELECT " + COLUMNS
                                + ", floor(extract(epoch FROM clock_timestamp()))::bigint AS second, (SELECT count(*) FROM partition_opening) AS openings, h.journal_id AS journal, encode(h.hash, 'hex') AS hash FROM partition_cursor, chain_head h ORDER BY partition")
                .query((row, number) -> new Moment(
                        List.of(row(row, number)),
                        row.getLong("second"),
                        row.getLong("openings"),
                        row.getLong("journal"),
                        row.getString("hash")))
                .list();
        return rows.getLast()
                .with(rows.stream().flatMap(row -> row.cursors().stream()).toList());
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
                .param("why", why, Types.VARCHAR)
                .param("partition", partition)
                .update();
    }

    /**
     * Moves cursors over epochs and notes when each was settled, in the transaction that booked them. A cursor that is elsewhere than it
     * was read means that another worker has been here.
     *
     * @param cursors as they were locked
     * @param epochs of each partition in their order
     * @param remaining partitions that stay due, since epochs of theirs are left
     * @param released the last epoch released, of partitions of which some were
     * @param journalId the journal that they were booked with, or null
     * @return rows written
     * @throws IllegalStateException when a cursor has moved meanwhile
     */
    public long move(
            List<PartitionCursor> cursors,
            List<EpochTotals> epochs,
            Set<Integer> remaining,
            Map<Integer, Long> released,
            @Nullable Long journalId) {
        Set<Integer> moving = epochs.stream().map(EpochTotals::partition).collect(Collectors.toSet());
        List<PartitionCursor> from =
                cursors.stream().filter(c -> moving.contains(c.partition())).toList();
        int moved = jdbc.sql("""
                WITH e AS MATERIALIZED (
                    SELECT * FROM unnest(:partitions, :epochs, :sealed::timestamptz[], :micros, :events) AS e (partition, epoch, sealed_at, micros, events)
                ), noted AS (
                    INSERT INTO settled_epoch (partition, epoch, settled_at, sealed_at, micros, events, journal_id)
                    SELECT partition, epoch, clock_timestamp(), sealed_at, micros, events, :journal FROM e
                ), m AS (
                    SELECT partition, max(epoch) AS epoch, sum(micros)::bigint AS micros, sum(events)::bigint AS events,
                           (array_agg(sealed_at ORDER BY epoch DESC))[1] AS sealed_at
                    FROM e GROUP BY partition
                )
                UPDATE partition_cursor c
                SET settled_epoch = m.epoch, settled_micros = c.settled_micros + m.micros, settled_events = c.settled_events + m.events,
                    sealed_at = m.sealed_at, settled_at = CASE WHEN f.remains THEN c.settled_at ELSE clock_timestamp() END,
                    released_epoch = f.released, halted = NULL
                FROM m JOIN unnest(:moving, :settled, :released, :remains) AS f (partition, settled, released, remains) USING (partition)
                WHERE c.partition = m.partition AND c.settled_epoch = f.settled
                """)
                .param("journal", journalId, Types.BIGINT)
                .param("partitions", array(epochs, e -> (short) e.partition(), Short[]::new))
                .param("epochs", array(epochs, EpochTotals::epoch, Long[]::new))
                .param("sealed", array(epochs, e -> e.sealedAt().toString(), String[]::new))
                .param("micros", array(epochs, EpochTotals::micros, Long[]::new))
                .param("events", array(epochs, EpochTotals::events, Long[]::new))
                .param("moving", array(from, c -> (short) c.partition(), Short[]::new))
                .param("settled", array(from, PartitionCursor::settledEpoch, Long[]::new))
                .param(
                        "released",
                        array(from, c -> released.getOrDefault(c.partition(), c.releasedEpoch()), Long[]::new))
                .param("remains", array(from, c -> remaining.contains(c.partition()), Boolean[]::new))
                .update();
        if (moved != from.size()) {
            throw new IllegalStateException(
                    "%d of %d cursors moved: another worker has settled these epochs".formatted(moved, from.size()));
        }
        return (long) epochs.size() + moved;
    }

    /**
     * The last epoch of each partition that Redis may give up, of partitions that have one: settled longer ago than this, never the last
     * settled one.
     *
     * @param most epochs of a partition at most
     */
    public Map<Integer, Long> releasable(List<PartitionCursor> cursors, Duration keep, int most) {
        Map<Integer, Long> last = new HashMap<>();
        jdbc.sql("""
                SELECT c.partition, max(s.epoch) AS epoch
                FROM partition_cursor c JOIN settled_epoch s USING (partition)
                WHERE c.partition = ANY (:partitions)
                  AND s.epoch > c.released_epoch AND s.epoch < c.settled_epoch AND s.epoch <= c.released_epoch + :most
                  AND s.settled_at < clock_timestamp() - make_interval(secs => :keep)
                GROUP BY c.partition
                """)
                .param("partitions", array(cursors, c -> (short) c.partition(), Short[]::new))
                .param("most", most)
                .param("keep", keep.toMillis() / 1_000.0)
                .query((row, number) -> last.put(row.getInt("partition"), row.getLong("epoch")))
                .list();
        return last;
    }

    private static <T, R> R[] array(List<T> list, Function<T, R> value, IntFunction<R[]> maker) {
        return list.stream().map(value).toArray(maker);
    }

    static PartitionCursor row(ResultSet row, int number) throws SQLException {
        return new PartitionCursor(
                row.getInt("partition"),
                row.getLong("settled_epoch"),
                row.getLong("settled_micros"),
                row.getLong("settled_events"),
                row.getLong("released_epoch"),
                row.getLong("lineage"),
                row.getObject("sealed_at", OffsetDateTime.class).toInstant(),
                row.getString("halted"));
    }
}
