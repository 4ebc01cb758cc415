package dev.millrace.lab.load;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Sends each request of a list, as a drive says and, where that is wanted, until the server takes it. For one thread. */
final class Delivery implements Traffic {
    /** Before what a broken connection left is sent again. */
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final List<ByteBuffer> requests;
    private final Drive drive;
    private final Refusals refusals;
    private final Histogram nanos;
    private final @Nullable Answers answers;
    private final Map<Integer, Long> byStatus = new HashMap<>();
    private Backlog backlog;
    private long began;
    private long failed;
    private long sentAgain;

    Delivery(List<ByteBuffer> requests, Drive drive, Refusals refusals, Histogram nanos, @Nullable Answers answers) {
        this.requests = List.copyOf(requests);
        this.drive = drive;
        this.refusals = refusals;
        this.nanos = nanos;
        this.answers = answers;
        this.backlog = new Backlog(requests.size(), drive, began);
    }

    LoadReport report() {
        return new LoadReport(began, System.nanoTime() - began, byStatus, failed, sentAgain);
    }

    @Override
    public void begin(long now) {
        began = now;
        backlog = new Backlog(requests.size(), drive, now);
    }

    @Override
    public boolean isFinished() {
        return backlog.isFinished();
    }

    @Override
    public int next(long now) {
        backlog.endWhereOver();
        return backlog.next(now);
    }

    @Override
    public long untilNext(long now) {
        return backlog.untilNext(now);
    }

    @Override
    public ByteBuffer bytes(int request) {
        return requests.get(request);
    }

    @Override
    public boolean readsBodies() {
        return answers != null;
    }

    @Override
    public void answered(int request, Reply reply, long now) {
        int status = reply.status();
        byStatus.merge(status, 1L, Long::sum);
        if (answers != null) {
            answers.take(request, status, reply.body());
        }
        if (Status.isRefusal(status)) {
            refused(request, now + TimeUnit.SECONDS.toNanos(reply.retryAfter()));
            return;
        }
        if (Status.isSuccess(status)) {
            nanos.recordValue(now - backlog.since(request));
        }
        backlog.finish();
    }

    @Override
    public void unanswered(int request, Silence why, long now) {
        failed++;
        refused(request, now + PAUSE_NANOS);
    }

    private void refused(int request, long due) {
        if (refusals == Refusals.SEND_AGAIN) {
            sentAgain++;
            backlog.repeat(request, due);
        } else {
            backlog.finish();
        }
    }
}
