package dev.millrace.lab.overload;

import dev.millrace.lab.load.Reply;
import dev.millrace.lab.load.Status;
import dev.millrace.lab.load.Traffic;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Readers who come at moments fixed beforehand, phase by phase, whatever the server does. Each is sent once: what is refused
 * is not tried again. The time of an arrival counts from its moment, also while it waits for a connection (or for a request
 * to send), so that a server that stalls can't hide it by holding the client up: coordinated omission. For one thread.
 */
final class Arrivals implements Traffic {
    /**
     * How long an arrival waits for a connection, and then once more for its answer, until it is given up; a browser would wait
     * longer. Were both one time, a server behind by as much would get nothing but requests whose senders are about to leave.
     */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final int REQUEST_TIMEOUT = 408;
    private static final Pattern CODE = Pattern.compile("\"code\":\"([a-z-]+)\"");

    private final List<Part> parts = new ArrayList<>();
    private final Supply supply;
    private final int[] requests;
    private final long[] sent;
    private final int total;
    private long began;
    private int next;
    private int underWay;

    /**
     * A phase on the clock.
     *
     * @param first its first arrival
     * @param offset nanoseconds from the start of the first phase to its own
     */
    private record Part(Phase phase, int first, long offset, Score score) {
        long moment(int arrival) {
            return offset + phase.drive().moment(arrival - first);
        }

        long end() {
            return offset + phase.length().toNanos();
        }
    }

    /** @param phases at least one */
    Arrivals(List<Phase> phases, Supply supply) {
        int arrivals = 0;
        long offset = 0;
        for (Phase phase : phases) {
            parts.add(new Part(phase, arrivals, offset, new Score(phase.arrivals())));
            arrivals += phase.arrivals();
            offset += phase.length().toNanos();
        }
        this.supply = supply;
        this.total = arrivals;
        this.requests = new int[total];
        this.sent = new long[total];
    }

    /** What became of a phase, from 0; complete when all is finished. */
    Score score(int phase) {
        return parts.get(phase).score();
    }

    @Override
    public void begin(long now) {
        began = now;
    }

    @Override
    public boolean isFinished() {
        return next == total && underWay == 0;
    }

    @Override
    public int next(long now) {
        while (next < total && now - latestStart(next) >= 0) {
            part(next++).score().addLate();
        }
        if (next == total || due(next) - now > 0 || supply.isEmpty()) {
            return NOTHING;
        }
        requests[next] = supply.take();
        sent[next] = now;
        underWay++;
        return next++;
    }

    @Override
    public long untilNext(long now) {
        if (next == total) {
            return Long.MAX_VALUE;
        }
        long until = due(next) - now;
        return Math.max(0, until <= 0 && supply.isEmpty() ? latestStart(next) - now : until);
    }

    @Override
    public ByteBuffer bytes(int arrival) {
        return supply.bytes(requests[arrival]);
    }

    @Override
    public long deadline(int arrival) {
        return sent[arrival] + PATIENCE.toNanos();
    }

    private long latestStart(int arrival) {
        return due(arrival) + PATIENCE.toNanos();
    }

    @Override
    public boolean readsBodies() {
        return true;
    }

    @Override
    public void answered(int arrival, Reply reply, long now) {
        underWay--;
        Part part = part(arrival);
        long nanos = now - due(arrival);
        int status = reply.status();
        if (Status.isSuccess(status)) {
            supply.acknowledged(requests[arrival]);
            part.score().addAccepted(arrival - part.first(), nanos, now - began <= part.end(), reply.body());
        } else if (Status.isRefusal(status)) {
            supply.refused(requests[arrival]);
            part.score().addShed(nanos, reason(status, reply), reply.retryAfter() > 0);
        } else if (status == REQUEST_TIMEOUT) {
            supply.unanswered(requests[arrival]);
            part.score().addLate();
        } else {
            supply.unanswered(requests[arrival]);
            part.score().addUnexpected(status, text(reply));
        }
    }

    @Override
    public void unanswered(int arrival, Silence why, long now) {
        underWay--;
        supply.unanswered(requests[arrival]);
        Score score = part(arrival).score();
        switch (why) {
            case LATE -> score.addLate();
            case BROKEN -> score.addBroken();
        }
    }

    /** Status and, where the problem details have one, their code. */
    private static String reason(int status, Reply reply) {
        Matcher code = CODE.matcher(text(reply));
        return code.find() ? status + " " + code.group(1) : Integer.toString(status);
    }

    private static String text(Reply reply) {
        return StandardCharsets.UTF_8.decode(reply.body()).toString();
    }

    private long due(int arrival) {
        return began + part(arrival).moment(arrival);
    }

    private Part part(int arrival) {
        Part found = parts.getFirst();
        for (Part part : parts) {
            found = part.first() <= arrival ? part : found;
        }
        return found;
    }
}
