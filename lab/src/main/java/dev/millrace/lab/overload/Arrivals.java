package dev.millrace.lab.overload;

import dev.millrace.lab.load.Pace;
import dev.millrace.lab.load.Traffic;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Requests that arrive at moments fixed beforehand, phase by phase, whatever the server does. Each is sent once. The time of
 * an arrival counts from its moment, also while it waits for a connection or for a request to send, so that a server that
 * stalls can't hide it by holding the client up (coordinated omission). For one thread.
 */
final class Arrivals implements Traffic {
    /**
     * How long an arrival waits for a connection, and then once more for its answer, until it is given up. Were both one
     * time, a server behind by as much would get nothing but requests whose senders are about to leave.
     */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final int REQUEST_TIMEOUT = 408;
    private static final Pattern CODE = Pattern.compile("\"code\":\"([a-z-]+)\"");

    private final List<OnClock> phases = new ArrayList<>();
    private final TokenSupply supply;
    private final int[] requests;
    private final long[] sent;
    private long began;
    private int next;
    private int underWay;

    /** A time of arrivals at one rate. */
    record Phase(Pace pace, Duration length) {
        /** @param perSecond requests a second, above 0 */
        Phase(double perSecond, Duration length) {
            this(new Pace(perSecond), length);
        }

        /** How many come; at least one. */
        int arrivals() {
            return Math.max(1, (int) (pace.perSecond() * length.toMillis() / 1_000));
        }
    }

    /**
     * @param first arrival of the phase
     * @param offset nanoseconds from the start of the first phase to this one
     */
    private record OnClock(Phase phase, int first, long offset, Score score) {
        long moment(int arrival) {
            return offset + phase.pace().moment(arrival - first);
        }
    }

    /** @param phases at least one */
    Arrivals(List<Phase> phases, TokenSupply supply) {
        int arrivals = 0;
        long offset = 0;
        for (Phase phase : phases) {
            this.phases.add(new OnClock(phase, arrivals, offset, new Score(phase.arrivals())));
            arrivals += phase.arrivals();
            offset += phase.length().toNanos();
        }
        this.supply = supply;
        this.requests = new int[arrivals];
        this.sent = new long[arrivals];
    }

    /** What became of a phase, from 0; complete when all is finished. */
    Score score(int phase) {
        return phases.get(phase).score();
    }

    @Override
    public void begin(long now) {
        began = now;
    }

    @Override
    public boolean isFinished() {
        return next == sent.length && underWay == 0;
    }

    @Override
    public int next(long now) {
        while (next < sent.length && now - latestStart(next) >= 0) {
            phase(next++).score().addOther(Score.LATE);
        }
        if (next == sent.length || due(next) - now > 0 || supply.isEmpty()) {
            return NOTHING;
        }
        requests[next] = supply.take();
        sent[next] = now;
        underWay++;
        return next++;
    }

    @Override
    public long untilNext(long now) {
        if (next == sent.length) {
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

    @Override
    public boolean readsBodies() {
        return true;
    }

    @Override
    public void answered(int arrival, Reply reply, long now) {
        underWay--;
        OnClock phase = phase(arrival);
        Score score = phase.score();
        long nanos = now - due(arrival);
        int status = reply.status();
        if (Reply.isSuccess(status)) {
            supply.acknowledged(requests[arrival]);
            long end = began + phase.offset() + phase.phase().length().toNanos();
            score.addAccepted(arrival - phase.first(), nanos, now - end <= 0, reply.body());
        } else if (Reply.isRefusal(status)) {
            supply.refused(requests[arrival]);
            Matcher code = CODE.matcher(text(reply));
            score.addRefused(
                    nanos,
                    status
                            + (code.find() ? " " + code.group(1) : "")
                            + (reply.retryAfter() > 0 ? "" : Score.WITHOUT_RETRY_AFTER));
        } else if (status == REQUEST_TIMEOUT) {
            score.addOther(Score.LATE);
        } else {
            score.addUnexpected(status + " " + text(reply));
        }
    }

    @Override
    public void unanswered(int arrival, Silence why, long now) {
        underWay--;
        phase(arrival).score().addOther(why == Silence.LATE ? Score.LATE : Score.BROKEN);
    }

    private static String text(Reply reply) {
        return StandardCharsets.UTF_8.decode(reply.body()).toString();
    }

    private long due(int arrival) {
        return began + phase(arrival).moment(arrival);
    }

    private long latestStart(int arrival) {
        return due(arrival) + PATIENCE.toNanos();
    }

    private OnClock phase(int arrival) {
        OnClock found = phases.getFirst();
        for (OnClock phase : phases) {
            found = phase.first() <= arrival ? phase : found;
        }
        return found;
    }
}
