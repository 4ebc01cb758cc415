package dev.millrace.lab.load;

import java.util.Comparator;
import java.util.PriorityQueue;

/** Which request goes out next, and when. Times are nanoseconds of {@link System#nanoTime}. For one thread. */
final class Backlog {
    /** What {@link #next} says when nothing is due. */
    static final int NOTHING = Traffic.NOTHING;

    private static final long FOREVER = Long.MAX_VALUE;

    private final Drive drive;
    private final long began;
    private final long[] since;
    private final PriorityQueue<Repetition> repetitions =
            new PriorityQueue<>(Comparator.comparingLong(Repetition::due));
    private int fresh;
    private int end;
    private int unfinished;

    private record Repetition(int request, long due) {}

    Backlog(int requests, Drive drive, long began) {
        this.drive = drive;
        this.began = began;
        this.since = new long[requests];
        this.end = requests;
        this.unfinished = requests;
    }

    boolean isFinished() {
        return unfinished == 0;
    }

    /** Leaves out what has not been sent yet where the drive is over. */
    void endWhereOver() {
        if (drive instanceof Drive.Until until && fresh < end && until.over().getAsBoolean()) {
            unfinished -= end - fresh;
            end = fresh;
        }
    }

    /** The request that is to be sent now, or {@link #NOTHING}. */
    int next(long now) {
        Repetition again = repetitions.peek();
        if (again != null && again.due() - now <= 0) {
            repetitions.remove();
            return again.request();
        }
        if (fresh == end || freshDue(now) - now > 0) {
            return NOTHING;
        }
        since[fresh] = freshDue(now);
        return fresh++;
    }

    /** Nanoseconds until something is due, 0 when it is now; {@link Long#MAX_VALUE} when all is sent. */
    long untilNext(long now) {
        long until = fresh == end ? FOREVER : freshDue(now) - now;
        Repetition again = repetitions.peek();
        return Math.max(0, again == null ? until : Math.min(until, again.due() - now));
    }

    /** The moment from which the time of a request counts: when it was to be sent for the first time. */
    long since(int request) {
        return since[request];
    }

    /** It is not to be sent any more. */
    void finish() {
        unfinished--;
    }

    /** It is to be sent once more at this time. */
    void repeat(int request, long due) {
        repetitions.add(new Repetition(request, due));
    }

    private long freshDue(long now) {
        return switch (drive) {
            case Drive.ClosedLoop _ -> now;
            case Drive.OpenLoop open -> began + open.moment(fresh);
            case Drive.Until until -> began + until.pace().moment(fresh);
        };
    }
}
