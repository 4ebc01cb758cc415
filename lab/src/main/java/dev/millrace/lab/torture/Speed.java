package dev.millrace.lab.torture;

import java.util.ArrayDeque;
import java.util.Deque;

/** Events a second, over the last seconds. Not thread-safe. */
final class Speed {
    private static final long WINDOW = 5_000_000_000L;
    private static final long NANOS = 1_000_000_000L;

    private final Deque<Point> points = new ArrayDeque<>();

    private record Point(long at, long events) {}

    /** @param events in all, by now */
    long of(long events) {
        long now = System.nanoTime();
        points.addLast(new Point(now, events));
        while (points.size() > 2 && now - points.getFirst().at() > WINDOW) {
            points.removeFirst();
        }
        Point first = points.getFirst();
        return now == first.at() ? 0 : (events - first.events()) * NANOS / (now - first.at());
    }
}
