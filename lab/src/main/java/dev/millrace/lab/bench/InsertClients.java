package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Events;
import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.HdrHistogram.Histogram;

/**
 * Threads with a session each that insert events into the table {@code event}, a statement and transaction per request.
 *
 * @param sessions one a client
 * @param shape how many at a time
 * @param clicks what is inserted
 */
record InsertClients(List<MeteredSession> sessions, Case shape, Clicks clicks) {
    private static final String ONE =
            "INSERT INTO event (id, creator, micros) VALUES (?, ?, " + Events.MICROS + ") ON CONFLICT DO NOTHING";

    private static final String MANY = "INSERT INTO event (id, creator, micros) SELECT id, creator, " + Events.MICROS
            + " FROM unnest(?::text[], ?::text[]) AS lot (id, creator) ON CONFLICT DO NOTHING";

    /** Returns when all are inserted. */
    void send(Histogram nanos) throws Exception {
        AtomicInteger next = new AtomicInteger();
        List<Future<Histogram>> measured = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(sessions.size())) {
            for (MeteredSession session : sessions) {
                measured.add(threads.submit(() -> insert(session, next, nanos.getNumberOfSignificantValueDigits())));
            }
        }
        for (Future<Histogram> one : measured) {
            nanos.add(one.get());
        }
    }

    private Histogram insert(MeteredSession session, AtomicInteger next, int digits) throws SQLException {
        Histogram nanos = new Histogram(digits);
        try (PreparedStatement insert = session.connection().prepareStatement(shape.batch() == 1 ? ONE : MANY)) {
            int from = next.getAndAdd(shape.batch());
            while (from < clicks.size()) {
                long started = System.nanoTime();
                insert(insert, clicks.lot(from, Math.min(clicks.size(), from + shape.batch())));
                nanos.recordValue(System.nanoTime() - started);
                from = next.getAndAdd(shape.batch());
            }
        }
        session.report();
        return nanos;
    }

    private void insert(PreparedStatement insert, Clicks lot) throws SQLException {
        if (shape.batch() == 1) {
            insert.setString(1, lot.ids().getFirst());
            insert.setString(2, lot.creators().getFirst());
        } else {
            insert.setArray(1, texts(insert, lot.ids()));
            insert.setArray(2, texts(insert, lot.creators()));
        }
        insert.executeUpdate();
    }

    private static Array texts(PreparedStatement insert, List<String> texts) throws SQLException {
        return insert.getConnection().createArrayOf("text", texts.toArray());
    }
}
