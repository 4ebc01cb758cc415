package dev.millrace.lab.overload;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Drive;
import dev.millrace.lab.load.EventRequests;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.lab.load.LoadReport;
import dev.millrace.lab.load.Refusals;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.load.Traffic;
import dev.millrace.lab.load.Verdicts;
import dev.millrace.lab.progress.Progress;
import dev.millrace.lab.stack.CpuTime;
import dev.millrace.lab.stack.MillraceStack;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;

/** The services under load, and the ways to send to them. For one thread, except where it is said. */
final class Site {
    /** Connections that a client opens at most. A node with 1 GiB takes 7,645, so two such clients fit. */
    static final int CONNECTIONS = 3_800;

    /** How many earn. */
    static final int CREATORS = 1_000;

    private static final int DIGITS = 3;
    private static final double SECOND = 1e9;

    private final MillraceStack stack;
    private final Plan plan;
    private final EventRequests writer;
    private final Progress progress;
    private final long began;
    private int minted;

    /** @param began {@link System#nanoTime} when the command did */
    Site(MillraceStack stack, Plan plan, Progress progress, long began) {
        this.stack = stack;
        this.plan = plan;
        this.writer = new EventRequests(stack.mint(), new Slabs());
        this.progress = progress;
        this.began = began;
    }

    Case shape() {
        return plan.shape();
    }

    MillraceStack stack() {
        return stack;
    }

    void tell(String step) {
        progress.step(step);
    }

    /** Opens an account while nothing is under way, with Redis' append-only file as small as it can be. */
    Account openAccount() throws Exception {
        stack.set(plan.aof());
        return Account.open(stack);
    }

    /** Writes out so many requests with tokens that were never used; those written before are void. */
    List<ByteBuffer> mint(int requests) {
        int events = Math.multiplyExact(requests, shape().batch());
        Events drawn = Events.draw(prefix(), plan.seed(), events, CREATORS);
        return writer.of(drawn, shape().batch());
    }

    /** The same with one event of each creator. */
    List<ByteBuffer> mintOneEach() {
        return writer.of(Events.oneEach(prefix(), 0, CREATORS, 0), shape().batch());
    }

    private String prefix() {
        return "s%d-%d".formatted(plan.seed(), ++minted);
    }

    /**
     * Sends requests as fast as the answers come, each until its events are acknowledged.
     *
     * @return requests a second
     * @throws IllegalStateException when an event is not acknowledged
     */
    double deliver(List<ByteBuffer> requests) throws IOException {
        Verdicts verdicts = new Verdicts();
        LoadReport report = LoadClient.http(stack.ingestPort(), shape().clients())
                .send(requests, new Drive.ClosedLoop(), Refusals.SEND_AGAIN, new Histogram(DIGITS), verdicts);
        long events = (long) requests.size() * shape().batch();
        if (verdicts.acknowledged() != events) {
            throw new IllegalStateException("of %,d events ingest-api acknowledged %s; other answers: %s"
                    .formatted(events, verdicts, report.unexpected()));
        }
        return report.acknowledgedPerSecond();
    }

    /**
     * Sends what arrives. Any number of these may be under way, each in its thread.
     *
     * @return connections that it took
     */
    int send(Traffic arrivals) throws IOException {
        return LoadClient.growing(stack.ingestPort(), CONNECTIONS).send(arrivals);
    }

    /**
     * Has ingest-api's memory looked at until it is closed, and tells what is going on.
     *
     * @param length of what begins now
     */
    Watch watch(Duration length, Supplier<String> state) {
        long pid = Objects.requireNonNull(stack.processes().get("ingest"), "the id of ingest-api's process");
        return Watch.start(pid, progress, began, length, state);
    }

    /** Events a second that were accepted before a phase of this length was over. */
    double goodput(Score score, Duration length) {
        return score.acceptedInTime() * shape().batch() * SECOND / length.toNanos();
    }

    /** Seconds of CPU used so far, by process, and by all that runs on the machine. */
    Map<String, Double> cpu() {
        Map<String, Double> seconds = new HashMap<>();
        stack.processes().forEach((name, pid) -> seconds.put(name, CpuTime.ofTree(pid)));
        seconds.put("client", CpuTime.ofThisProcess());
        seconds.put("machine", CpuTime.ofMachine());
        return seconds;
    }
}
