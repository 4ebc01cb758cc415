package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.EventRequests;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.lab.load.LoadReport;
import dev.millrace.lab.load.Refusals;
import dev.millrace.lab.load.Verdicts;
import dev.millrace.lab.stack.Aof;
import dev.millrace.lab.stack.Costs;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.ServiceJvm;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * The real services over HTTP: signed tokens, each checked, counted once and settled to the ledger by the worker
 * meanwhile. An event is acknowledged when Redis holds it as safely as it is set to.
 */
final class Millrace implements Contestant {
    static final String NAME = "millrace";

    /** The same on logs that are full of what was counted before. */
    static final String REMEMBERED = "millrace-remembered";

    /** How requests are sent, the calm ones after those whose peak they are the half of. */
    static final List<Case> CASES = Stream.concat(Case.HTTP.stream(), Stream.of(Peaks.halfOf(Case.SINGLE), Peaks.FIXED))
            .toList();

    static final List<Case> CASES_REMEMBERED = List.of(Case.BATCH_1000);

    private static final int SINGLES = 8_000;
    private static final int BATCHED = 40_000;

    /** From one settlement that nobody asks for to the next: the product's default. */
    private static final Duration INTERVAL = Duration.ofSeconds(60);

    private final String name;
    private final List<Case> cases;
    private final MillraceStack stack;
    private final EventRequests writer;
    private final Peaks peaks = new Peaks();

    private Millrace(String name, List<Case> cases, MillraceStack stack, EventRequests writer) {
        this.name = name;
        this.cases = cases;
        this.stack = stack;
        this.writer = writer;
    }

    static Contestant start(Stage stage) throws Exception {
        MillraceStack.Setup setup = new MillraceStack.Setup(INTERVAL, ServiceJvm.OPTIONS);
        MillraceStack stack = started(stage, NAME, setup);
        return new Millrace(NAME, CASES, stack, new EventRequests(stack.mint(), stage.slabs()));
    }

    /** With so many identities in its logs, and in the node's index. */
    static Contestant startRemembering(Stage stage, long identities) throws Exception {
        MillraceStack.Setup setup = new MillraceStack.Setup(INTERVAL, ServiceJvm.OPTIONS).withIndexFor(identities);
        MillraceStack stack = started(stage, REMEMBERED, setup);
        stack.remember(identities, identities, stage.progress());
        return new Millrace(REMEMBERED, CASES_REMEMBERED, stack, new EventRequests(stack.mint(), stage.slabs()));
    }

    private static MillraceStack started(Stage stage, String name, MillraceStack.Setup setup) throws Exception {
        return MillraceStack.start(stage.root(), stage.place(name), setup, stage.progress());
    }

    static int roundSize(Case shape) {
        return shape.batch() == 1 ? SINGLES : BATCHED;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<String> servers() {
        return stack.descriptions();
    }

    @Override
    public List<Scenario> scenarios() {
        return Scenarios.underEachAof(name, cases).stream()
                .filter(scenario -> scenario.creators() == Plan.MANY || !Peaks.isGiven(scenario.shape()))
                .filter(scenario -> scenario.aof() != Aof.OFF || !Peaks.isFixed(scenario.shape()))
                .filter(scenario -> scenario.aof() == Aof.ALWAYS || name.equals(NAME))
                .toList();
    }

    @Override
    public int roundSize(Scenario scenario) {
        return roundSize(scenario.shape());
    }

    @Override
    public Map<String, Long> processes() {
        return stack.processes();
    }

    @Override
    public Round prepare(Scenario scenario, Events events) throws Exception {
        stack.set(Objects.requireNonNull(scenario.aof(), "a scenario of Redis has a setting of its file"));
        List<ByteBuffer> requests = writer.of(events, scenario.shape().batch());
        return new LedgerRound(scenario, events, requests);
    }

    @Override
    public Costs costs() throws Exception {
        return stack.costs();
    }

    @Override
    public long redisMicros() {
        return stack.redisMicros();
    }

    @Override
    public List<String> remarks() throws Exception {
        return List.of(stack.memory().toString());
    }

    @Override
    public void close() {
        stack.close();
    }

    private final class LedgerRound implements Round {
        private final Scenario scenario;
        private final Events events;
        private final List<ByteBuffer> requests;
        private final long countedBefore;
        private final Map<String, Long> settledBefore;
        private long repeated;

        LedgerRound(Scenario scenario, Events events, List<ByteBuffer> requests) throws Exception {
            this.scenario = scenario;
            this.events = events;
            this.requests = requests;
            this.countedBefore = stack.countedMicros();
            this.settledBefore = stack.settledByCreator();
        }

        @Override
        public void send(Histogram nanos) throws IOException {
            Verdicts verdicts = new Verdicts();
            LoadClient client =
                    LoadClient.http(stack.ingestPort(), scenario.shape().clients());
            LoadReport report = client.send(requests, peaks.drive(scenario), Refusals.SEND_AGAIN, nanos, verdicts);
            repeated = report.sentAgain();
            peaks.reached(scenario, report.acknowledgedPerSecond());
            if (verdicts.acknowledged() < events.size()) {
                throw new IllegalStateException("of %,d events ingest-api acknowledged %s; other answers: %s"
                        .formatted(events.size(), verdicts, report.unexpected()));
            }
        }

        @Override
        public void drain() throws Exception {
            stack.settle();
        }

        /**
         * By Redis' totals and by creators' balances; where they differ, by the one that is wrong.
         *
         * @throws IllegalStateException when the sums are right and a creator has what is another's
         */
        @Override
        public long counted() throws Exception {
            long counted = stack.countedMicros() - countedBefore;
            Earnings earned = Earnings.between(settledBefore, stack.settledByCreator());
            if (counted == events.micros() && earned.micros() == events.micros()) {
                earned.mustBe(Earnings.of(events));
            }
            return counted == events.micros() ? earned.micros() : counted;
        }

        @Override
        public long repeated() {
            return repeated;
        }
    }
}
