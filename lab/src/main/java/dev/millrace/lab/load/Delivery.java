package dev.millrace.lab.load;

import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Sends each request of a list at its pace and, where that is wanted, until the server takes it. For one thread. */
final class Delivery implements Traffic {
    /** Before what a broken connection left is sent again. */
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final List<ByteBuffer> requests;
    private final Pace pace;
    private final boolean untilTaken;
    private final Histogram nanos;
    private final LoadClient.@Nullable Answers answers;
    private final long[] since;
    private final PriorityQueue<Repetition> repetitions =
            new PriorityQueue<>(Comparator.comparingLong(Repetition::due));
    private final Map<Integer, Long> byStatus = new HashMap<>();
    private long began;
    private int fresh;
    private int end;
    private int unfinished;
    private long failed;
    private long sentAgain;

    private record Repetition(int request, long due) {}

    /** @param untilTaken whether what is refused, or left without an answer, is sent again */
    Delivery(
            List<ByteBuffer> requests,
            Pace pace,
            boolean untilTaken,
            Histogram nanos,
            LoadClient.@Nullable Answers answers) {
        this.requests = List.copyOf(requests);
        this.pace = pace;
        this.untilTaken = untilTaken;
        this.nanos = nanos;
        this.answers = answers;
        this.since = new long[requests.size()];
        this.end = requests.size();
        this.unfinished = end;
    }

    LoadReport report() {
        return new LoadReport(began, System.nanoTime() - began, byStatus, failed, sentAgain);
    }

    @Override
    public void begin(long now) {
        began = now;
    }

    @Override
    public boolean isFinished() {
        return unfinished == 0;
    }

    @Override
    public int next(long now) {
        if (fresh < end && pace.over().getAsBoolean()) {
            unfinished -= end - fresh;
            end = fresh;
        }
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

    @Override
    public long untilNext(long now) {
        long until = fresh == end ? NEVER : freshDue(now) - now;
        Repetition again = repetitions.peek();
        return Math.max(0, again == null ? until : Math.min(until, again.due() - now));
    }

    private long freshDue(long now) {
        return pace.isClosedLoop() ? now : began + pace.moment(fresh);
    }

    @Override
    public ByteBuffer bytes(int request) {
        return requests.get(request);
    }

    @Override
    public boolean readsBodies() {
        return answers != null;
    }

    /** The time of a request that is sent again goes on until it is acknowledged. */
    @Override
    public void answered(int request, Reply reply, long now) {
        int status = reply.status();
        byStatus.merge(status, 1L, Long::sum);
        if (answers != null) {
            answers.take(request, status, reply.body());
        }
        if (Reply.isRefusal(status)) {
            repeat(request, now + TimeUnit.SECONDS.toNanos(reply.retryAfter()));
            return;
        }
        if (Reply.isSuccess(status)) {
            nanos.recordValue(now - since[request]);
        }
        unfinished--;
    }

    @Override
    public void unanswered(int request, Silence why, long now) {
        failed++;
        repeat(request, now + PAUSE_NANOS);
    }

    private void repeat(int request, long due) {
        if (untilTaken) {
            sentAgain++;
            repetitions.add(new Repetition(request, due));
        } else {
            unfinished--;
        }
    }
}
