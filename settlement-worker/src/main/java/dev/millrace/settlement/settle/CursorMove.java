package dev.millrace.settlement.settle;

import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.crash.CrashPoints;
import dev.millrace.settlement.cursor.PartitionCursor;
import dev.millrace.settlement.read.EpochTotals;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Moves the cursors over the epochs of a batch and notes when each was settled. A cursor that is not where the batch
 * started from means that another worker has been here: the whole transaction is given up. A partition of which epochs are
 * left stays due.
 */
final class CursorMove {
    private final JdbcClient jdbc;
    private final CrashPoints crashPoints;

    CursorMove(JdbcClient jdbc, CrashPoints crashPoints) {
        this.jdbc = jdbc;
        this.crashPoints = crashPoints;
    }

    private static final class Move {
        private long epoch;
        private long micros;
        private long events;
        private Instant sealedAt = Instant.EPOCH;
    }

    /** Rows written. */
    long run(List<PartitionCursor> cursors, Batch batch, Map<Integer, Long> released, @Nullable Long journalId) {
        long rows = move(cursors, batch, released, journalId);
        crashPoints.reached(CrashPoint.MOVED);
        return rows;
    }

    private static Map<Integer, Move> moves(List<EpochTotals> epochs) {
        Map<Integer, Move> moves = new HashMap<>();
        for (EpochTotals epoch : epochs) {
            Move move = moves.computeIfAbsent(epoch.partition(), p -> new Move());
            move.epoch = epoch.epoch();
            move.micros = Math.addExact(move.micros, epoch.micros());
            move.events = Math.addExact(move.events, epoch.events());
            move.sealedAt = epoch.sealedAt();
        }
        return moves;
    }

    private long move(
            List<PartitionCursor> cursors, Batch batch, Map<Integer, Long> released, @Nullable Long journalId) {
        List<EpochTotals> epochs = batch.epochs();
        Map<Integer, Move> moves = moves(epochs);
        List<PartitionCursor> moving =
                cursors.stream().filter(c -> moves.containsKey(c.partition())).toList();
        int moved = jdbc.sql("""
                WITH noted AS (
                    INSERT INTO settled_epoch (partition, epoch, settled_at, sealed_at, micros, events, journal_id)
                    SELECT partition, epoch, clock_timestamp(), sealed_at, micros, events, :journal
                    FROM unnest(:noted, :epochs, :sealed::timestamptz[], :micros, :events) AS e (partition, epoch, sealed_at, micros, events)
                )
                UPDATE partition_cursor c
                SET settled_epoch = m.epoch, settled_micros = c.settled_micros + m.micros, settled_events = c.settled_events + m.events,
                    sealed_at = m.sealed_at, settled_at = CASE WHEN m.remains THEN c.settled_at ELSE clock_timestamp() END, released_epoch = m.released, halted = NULL
                FROM unnest(:moving, :from, :to, :movedMicros, :movedEvents, :lastSealed::timestamptz[], :released, :remains)
                    AS m (partition, settled, epoch, micros, events, sealed_at, released, remains)
                WHERE c.partition = m.partition AND c.settled_epoch = m.settled
                """)
                .param("journal", journalId, java.sql.Types.BIGINT)
                .param("noted", array(epochs, e -> (short) e.partition(), Short[]::new))
                .param("epochs", array(epochs, EpochTotals::epoch, Long[]::new))
                .param("sealed", array(epochs, e -> e.sealedAt().toString(), String[]::new))
                .param("micros", array(epochs, EpochTotals::micros, Long[]::new))
                .param("events", array(epochs, EpochTotals::events, Long[]::new))
                .param("moving", array(moving, c -> (short) c.partition(), Short[]::new))
                .param("from", array(moving, PartitionCursor::settledEpoch, Long[]::new))
                .param("to", array(moving, c -> move(moves, c).epoch, Long[]::new))
                .param("movedMicros", array(moving, c -> move(moves, c).micros, Long[]::new))
                .param("movedEvents", array(moving, c -> move(moves, c).events, Long[]::new))
                .param("lastSealed", array(moving, c -> move(moves, c).sealedAt.toString(), String[]::new))
                .param(
                        "released",
                        array(moving, c -> released.getOrDefault(c.partition(), c.releasedEpoch()), Long[]::new))
                .param("remains", array(moving, c -> batch.left().contains(c.partition()), Boolean[]::new))
                .update();
        if (moved != moving.size()) {
            throw new IllegalStateException(
                    "%d of %d cursors moved: another worker has settled these epochs".formatted(moved, moving.size()));
        }
        return (long) epochs.size() + moved;
    }

    private static <T, R> R[] array(List<T> list, Function<T, R> value, IntFunction<R[]> maker) {
        return list.stream().map(value).toArray(maker);
    }

    private static Move move(Map<Integer, Move> moves, PartitionCursor cursor) {
        return java.util.Objects.requireNonNull(moves.get(cursor.partition()));
    }
}
