package dev.millrace.settlement.settle;

import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.crash.CrashPoints;
import dev.millrace.settlement.cursor.PartitionCursor;
import dev.millrace.settlement.read.EpochTotals;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
        long rows = note(batch.epochs(), journalId);
        crashPoints.reached(CrashPoint.NOTED);
        rows += move(cursors, moves(batch.epochs()), released, batch.left());
        crashPoints.reached(CrashPoint.MOVED);
        return rows;
    }

    private static Map<Integer, Move> moves(List<EpochTotals> epochs) {
        Map<Integer, Move> moves = new HashMap<>();
        for (EpochTotals epoch : epochs) {
            Move move = moves.computeIfAbsent(epoch.partition(), p -> new Move());
            move.epoch = epoch.epoch();
            move.micros = Math.addExact(move.micros, epoch.micros().value());
            move.events = Math.addExact(move.events, epoch.events());
            move.sealedAt = epoch.sealedAt();
        }
        return moves;
    }

    private long note(List<EpochTotals> epochs, @Nullable Long journalId) {
        return jdbc.sql("""
                INSERT INTO settled_epoch (partition, epoch, settled_at, sealed_at, micros, events, journal_id)
                SELECT partition, epoch, clock_timestamp(), sealed_at, micros, events, :journal
                FROM unnest(:partitions, :epochs, :sealed::timestamptz[], :micros, :events) AS e (partition, epoch, sealed_at, micros, events)
                """)
                .param("journal", journalId, java.sql.Types.BIGINT)
                .param(
                        "partitions",
                        epochs.stream().map(e -> (short) e.partition()).toArray(Short[]::new))
                .param("epochs", epochs.stream().map(EpochTotals::epoch).toArray(Long[]::new))
                .param(
                        "sealed",
                        epochs.stream().map(e -> e.sealedAt().toString()).toArray(String[]::new))
                .param("micros", epochs.stream().map(e -> e.micros().value()).toArray(Long[]::new))
                .param("events", epochs.stream().map(EpochTotals::events).toArray(Long[]::new))
                .update();
    }

    private long move(
            List<PartitionCursor> cursors, Map<Integer, Move> moves, Map<Integer, Long> released, Set<Integer> left) {
        List<PartitionCursor> moving = new ArrayList<>(
                cursors.stream().filter(c -> moves.containsKey(c.partition())).toList());
        int moved = jdbc.sql("""
                UPDATE partition_cursor c
                SET settled_epoch = m.epoch, settled_micros = c.settled_micros + m.micros, settled_events = c.settled_events + m.events,
                    sealed_at = m.sealed_at, settled_at = CASE WHEN m.remains THEN c.settled_at ELSE clock_timestamp() END, released_epoch = m.released, halted = NULL
                FROM unnest(:partitions, :from, :epochs, :micros, :events, :sealed::timestamptz[], :released, :remains)
                    AS m (partition, settled, epoch, micros, events, sealed_at, released, remains)
                WHERE c.partition = m.partition AND c.settled_epoch = m.settled
                """)
                .param(
                        "partitions",
                        moving.stream().map(c -> (short) c.partition()).toArray(Short[]::new))
                .param(
                        "from",
                        moving.stream().map(PartitionCursor::settledEpoch).toArray(Long[]::new))
                .param("epochs", moving.stream().map(c -> move(moves, c).epoch).toArray(Long[]::new))
                .param("micros", moving.stream().map(c -> move(moves, c).micros).toArray(Long[]::new))
                .param("events", moving.stream().map(c -> move(moves, c).events).toArray(Long[]::new))
                .param(
                        "sealed",
                        moving.stream()
                                .map(c -> move(moves, c).sealedAt.toString())
                                .toArray(String[]::new))
                .param(
                        "remains",
                        moving.stream().map(c -> left.contains(c.partition())).toArray(Boolean[]::new))
                .param(
                        "released",
                        moving.stream()
                                .map(c -> released.getOrDefault(c.partition(), c.releasedEpoch()))
                                .toArray(Long[]::new))
                .update();
        if (moved != moving.size()) {
            throw new IllegalStateException(
                    "%d of %d cursors moved: another worker has settled these epochs".formatted(moved, moving.size()));
        }
        return moved;
    }

    private static Move move(Map<Integer, Move> moves, PartitionCursor cursor) {
        return java.util.Objects.requireNonNull(moves.get(cursor.partition()));
    }
}
