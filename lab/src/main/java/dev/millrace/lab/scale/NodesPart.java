package dev.millrace.lab.scale;

import dev.millrace.lab.bench.Stage;
import dev.millrace.lab.load.Drive;
import dev.millrace.lab.load.EventRequests;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.lab.load.LoadReport;
import dev.millrace.lab.load.Refusals;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.load.Verdicts;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.Sums;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/** Four nodes get all the events of one creator that they can take: how long scripts run then, and whether each node gets on. */
final class NodesPart {
    /** Events at each node that are not answered yet. */
    static final int UNDER_WAY = 4_000;

    private static final int NODES = 4;
    private static final int BATCH = 1_000;
    private static final int EVENTS = 100_000;
    private static final int WARM_UP = 20_000;
    private static final Duration NEVER = Duration.ofHours(1);
    private static final int DIGITS = 3;
    private static final double SECOND = 1e9;

    private final ScalePlan plan;
    private final MillraceStack stack;
    private final List<String> failures = new ArrayList<>();
    private long sentMicros;
    private int taken;

    private NodesPart(ScalePlan plan, MillraceStack stack) {
        this.plan = plan;
        this.stack = stack;
    }

    static Nodes measure(ScalePlan plan, Stage stage) throws Exception {
        MillraceStack.Setup setup = plan.setup(NEVER).withNodes(NODES);
        try (MillraceStack stack = MillraceStack.start(stage.root(), stage.place("nodes"), setup, stage.progress())) {
            return new NodesPart(plan, stack).measure();
        }
    }

    private Nodes measure() throws Exception {
        send(WARM_UP);
        RedisMeter redis = new RedisMeter(stack.redis());
        redis.reset();
        List<Double> perSecond = send(EVENTS);
        RedisMeter.Used scripts = redis.used().getOrDefault("evalsha", new RedisMeter.Used(0, 0, 0));
        stack.settle();
        Sums sums = Sums.of(stack, sentMicros);
        if (!sums.areEqual()) {
            failures.add(sums.toString());
        }
        return new Nodes(perSecond, scripts.calls(), scripts.longestMillis(), failures);
    }

    /** To all nodes at once; what each has taken a second. */
    private List<Double> send(int events) throws Exception {
        List<Future<Double>> nodes = new ArrayList<>();
        List<List<ByteBuffer>> requests =
                IntStream.range(0, NODES).mapToObj(_ -> requests(events)).toList();
        List<Double> perSecond = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(NODES)) {
            for (int node = 1; node <= NODES; node++) {
                int port = stack.ingestPort(node);
                List<ByteBuffer> own = requests.get(node - 1);
                nodes.add(threads.submit(() -> send(own, port, events)));
            }
            for (Future<Double> node : nodes) {
                perSecond.add(node.get());
            }
        }
        return perSecond;
    }

    private List<ByteBuffer> requests(int count) {
        Events events = Events.draw("n%d-%d".formatted(plan.seed(), ++taken), plan.seed(), count, 1);
        sentMicros += events.micros();
        return new EventRequests(stack.mint(), new Slabs()).of(events, BATCH);
    }

    private static double send(List<ByteBuffer> requests, int port, int events) throws IOException {
        Verdicts verdicts = new Verdicts();
        LoadReport report = LoadClient.http(port, UNDER_WAY / BATCH)
                .send(requests, new Drive.ClosedLoop(), Refusals.SEND_AGAIN, new Histogram(DIGITS), verdicts);
        if (verdicts.acknowledged() != events) {
            throw new IllegalStateException("of %,d events ingest-api acknowledged %s; other answers: %s"
                    .formatted(events, verdicts, report.unexpected()));
        }
        return events * SECOND / report.nanos();
    }
}
