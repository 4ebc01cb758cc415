package dev.millrace.lab.load;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Requests, the moments at which they arrive at a server, and what becomes of each arrival. In a closed loop a connection sends
 * its next request as soon as it has the answer to the one before. In an open loop moments are fixed beforehand. The time of an
 * arrival counts from its moment, also while it waits for a connection, so a server that stalls can't hide it by holding the
 * client up (coordinated omission). Times are nanoseconds of {@link System#nanoTime}. For one thread, but for {@link #stop}.
 */
public final class Delivery {
    /** How long an arrival waits for a connection, and then once more for its answer, where its sender does not wait for ever. */
    static final long PATIENCE = TimeUnit.SECONDS.toNanos(5);

    /** {@link #next} when nothing is due. */
    static final int NOTHING = -1;

    static final long NEVER = Long.MAX_VALUE;

    /** Before what a broken connection left is sent again. */
    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(10);

    private static final double SECOND = 1e9;
    private static final Pattern VERDICTS =
            Pattern.compile("\\{\"accepted\":(\\d+),\"duplicate\":(\\d+),\"filtered\":0,\"rejected\":(\\d+)}");
    private static final Pattern CODE = Pattern.compile("\"code\":\"([a-z-]+)\"");

    private final List<ByteBuffer> requests;
    private final long @Nullable [] moments;
    private final OnRefusal onRefusal;
    private final Score score;
    private final int[] requestOf;
    private final PriorityQueue<Repetition> repetitions =
            new PriorityQueue<>(Comparator.comparingLong(Repetition::due));
    private final int[] refused;
    private final BitSet acknowledged = new BitSet();
    private int refusals;
    private int taken;
    private long began;
    private long ended;
    private int next;
    private int end;
    private int unfinished;
    private long sentAgain;
    private long counted;
    private long duplicates;
    private String complaint = "";
    private int connections;
    private volatile boolean stopped;

    private record Repetition(int arrival, long due) {}

    /** What a refusal (429, 503) leads to. */
    public enum OnRefusal {
        /** The same arrival comes again when the server says, or soon where its connection broke: until it is acknowledged. */
        REPEAT,

        /** Nothing. Requests are sent in turns and without end, if there are more arrivals than requests. */
        LEAVE,

        /**
         * Its request serves a later arrival, before any that was never sent, so that there need to be no more requests than the
         * server acknowledges. A request without an answer never goes out again: its answer would be about both.
         */
        REUSE
    }

    private Delivery(List<ByteBuffer> requests, int arrivals, long @Nullable [] moments, OnRefusal onRefusal) {
        this.requests = List.copyOf(requests);
        this.moments = moments;
        this.onRefusal = onRefusal;
        this.score = new Score(arrivals);
        this.requestOf = new int[arrivals];
        this.refused = new int[requests.size()];
        this.end = arrivals;
        this.unfinished = arrivals;
    }

    /** Each request until it is acknowledged, as fast as the answers come. */
    public static Delivery closedLoop(List<ByteBuffer> requests) {
        return new Delivery(requests, requests.size(), null, OnRefusal.REPEAT);
    }

    /** @param moments of the arrivals, nanoseconds from the start */
    public static Delivery openLoop(List<ByteBuffer> requests, long[] moments, OnRefusal onRefusal) {
        return new Delivery(requests, moments.length, moments, onRefusal);
    }

    /** The moments of so many arrivals at an even rate. */
    public static long[] evenly(double perSecond, int arrivals) {
        if (!(perSecond > 0)) {
            throw new IllegalArgumentException("a rate of %s requests/s; it takes more than 0".formatted(perSecond));
        }
        return IntStream.range(0, arrivals)
                .mapToLong(arrival -> (long) (arrival * (SECOND / perSecond)))
                .toArray();
    }

    /** Arrivals that have not been sent are left out. Any thread may call it. */
    public void stop() {
        stopped = true;
    }

    void begin(long now) {
        began = now;
    }

    void end(long now, int connections) {
        ended = now;
        this.connections = connections;
    }

    boolean isFinished() {
        return unfinished == 0;
    }

    /** The arrival that is to be sent now, which the client then does; or {@link #NOTHING}. */
    int next(long now) {
        if (stopped && next < end) {
            unfinished -= end - next;
            end = next;
        }
        Repetition again = repetitions.peek();
        if (again != null && again.due() - now <= 0) {
            repetitions.remove();
            return again.arrival();
        }
        while (next < end && now - latestStart(now) >= 0) {
            fail(next++, Score.LATE);
        }
        if (next == end || due(now) - now > 0 || !hasRequest()) {
            return NOTHING;
        }
        score.due(next, due(now));
        requestOf[next] = refusals > 0 ? refused[--refusals] : taken++ % requests.size();
        return next++;
    }

    /** Nanoseconds until {@link #next} is to be asked again, 0 for now; {@link #NEVER} when that needs an answer first. */
    long untilNext(long now) {
        Repetition again = repetitions.peek();
        long until = again == null ? NEVER : again.due() - now;
        if (next < end) {
            long moment = due(now) - now <= 0 && !hasRequest() ? latestStart(now) : due(now);
            until = Math.min(until, moment - now);
        }
        return Math.max(0, until);
    }

    private boolean hasRequest() {
        return onRefusal != OnRefusal.REUSE || refusals > 0 || taken < requests.size();
    }

    private long due(long now) {
        return moments == null ? now : began + moments[next];
    }

    private long latestStart(long now) {
        return onRefusal == OnRefusal.REPEAT ? now + 1 : due(now) + PATIENCE;
    }

    /** The request of an arrival as it goes over the wire; it is left alone. Direct buffers save a copy. */
    ByteBuffer bytes(int arrival) {
        return requests.get(requestOf[arrival]);
    }

    /** Whether the wait for the answer to a request of that time is over. */
    boolean isLate(long sent, long now) {
        return onRefusal != OnRefusal.REPEAT && now - sent >= PATIENCE;
    }

    /** Every arrival that was sent ends with this or with {@link #unanswered}. */
    void answered(int arrival, ReplyParser reply, long now) {
        switch (reply.status()) {
            case 200, 202, 204 -> acknowledge(arrival, reply.body(), now);
            case 429, 503 -> refuse(arrival, reply, now);
            case 408 -> unanswered(arrival, true, now);
            default -> {
                complaint = reply.status() + " " + reply.body();
                fail(arrival, "unexpected");
            }
        }
    }

    private void acknowledge(int arrival, String body, long now) {
        unfinished--;
        acknowledged.set(requestOf[arrival]);
        score.accepted(arrival, now);
        Matcher verdicts = VERDICTS.matcher(body);
        if (verdicts.matches()) {
            counted += Long.parseLong(verdicts.group(1));
            duplicates += Long.parseLong(verdicts.group(2));
            complaint = verdicts.group(3).equals("0") ? complaint : body;
        }
    }

    private void refuse(int arrival, ReplyParser reply, long now) {
        if (onRefusal == OnRefusal.REPEAT) {
            repeat(arrival, now + TimeUnit.SECONDS.toNanos(reply.retryAfter()));
            return;
        }
        if (onRefusal == OnRefusal.REUSE) {
            refused[refusals++] = requestOf[arrival];
        }
        Matcher code = CODE.matcher(reply.body());
        String reason = reply.status() + (code.find() ? " " + code.group(1) : "");
        unfinished--;
        score.refused(arrival, now, reply.retryAfter() > 0 ? reason : reason + Score.WITHOUT_RETRY_AFTER);
    }

    /** Its connection broke, or the wait is over. The server may have counted it. */
    void unanswered(int arrival, boolean late, long now) {
        if (onRefusal == OnRefusal.REPEAT) {
            repeat(arrival, now + PAUSE);
        } else {
            fail(arrival, late ? Score.LATE : Score.BROKEN);
        }
    }

    private void repeat(int arrival, long due) {
        sentAgain++;
        repetitions.add(new Repetition(arrival, due));
    }

    private void fail(int arrival, String reason) {
        unfinished--;
        score.failed(arrival, reason);
    }

    /** What became of the arrivals, once all is over. */
    public Score score() {
        return score(0, end);
    }

    /** The same of the arrivals from one up to below another. */
    public Score score(int from, int to) {
        return score.of(from, Math.min(to, end));
    }

    /** When the first arrival was due in an open loop. */
    public long began() {
        return began;
    }

    /** From the start to the last answer. */
    public long nanos() {
        return ended - began;
    }

    /** Requests acknowledged. */
    public double perSecond() {
        return acknowledged.cardinality() * SECOND / nanos();
    }

    /** Arrivals that were refused, or whose connection broke, and that came again; each time counted. */
    public long sentAgain() {
        return sentAgain;
    }

    /** Connections that it took. */
    public int connections() {
        return connections;
    }

    /** The last answer that neither acknowledges everything nor asks for a repetition; empty where there was none. */
    public String complaint() {
        return complaint;
    }

    /** Events that counted now, as ingest-api says. */
    public long counted() {
        return counted;
    }

    /** Events that had counted before, as ingest-api says. */
    public long duplicates() {
        return duplicates;
    }

    /** Requests that were sent at least once: the first ones. */
    public List<ByteBuffer> sent() {
        return requests.subList(0, Math.min(taken, requests.size()));
    }

    /** Requests that were sent and not acknowledged: any event of them may count or not. */
    public List<ByteBuffer> open() {
        return IntStream.range(0, sent().size())
                .filter(request -> !acknowledged.get(request))
                .mapToObj(requests::get)
                .toList();
    }
}
