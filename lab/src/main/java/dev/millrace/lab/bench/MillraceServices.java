package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.EventRequests;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.stack.Aof;
import dev.millrace.lab.stack.Costs;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.ServiceJvm;
import dev.millrace.lab.stack.Stage;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * The real services over HTTP: signed tokens, each checked, counted once and settled to the ledger by the worker
 * meanwhile. An event is acknowledged when Redis holds it as safely as it is set to.
 */
final class MillraceServices implements Contestant {
    static final String NAME = "millrace";

    /** The same on logs that are full of what was counted before. */
    static final String REMEMBERED = "millrace-remembered";

    /** How requests are sent, the calm ones after those whose peak they are the half of. */
    static final List<Case> CASES = Stream.concat(Case.HTTP.stream(), Stream.of(Scenario.HALF, Scenario.FIXED))
            .toList();

    static final List<Case> CASES_REMEMBERED = List.of(Case.BATCH_1000);

    /** From one settlement that nobody asks for to the next: the product's default. */
    private static final MillraceStack.Setup SETUP =
            new MillraceStack.Setup(Duration.ofSeconds(60), ServiceJvm.OPTIONS);

    private final String name;
    private final List<Case> cases;
    private final MillraceStack stack;
    private final EventRequests writer;
    private final Pacing pacing = new Pacing();

    private MillraceServices(String name, List<Case> cases, MillraceStack stack, Slabs slabs) {
        this.name = name;
        this.cases = cases;
        this.stack = stack;
        this.writer = new EventRequests(stack.mint(), slabs);
    }

    static Contestant start(Stage stage, Slabs slabs) throws Exception {
        MillraceStack stack = MillraceStack.start(stage.root(), stage.place(NAME), SETUP, stage.progress());
        return new MillraceServices(NAME, CASES, stack, slabs);
    }

    /** With so many identities in its logs, and in the node's index. */
    static Contestant startRemembering(Stage stage, Slabs slabs, long identities) throws Exception {
        MillraceStack stack = MillraceStack.start(
                stage.root(), stage.place(REMEMBERED), SETUP.withIndexFor(identities), stage.progress());
        stack.remember(identities, identities, stage.progress());
        return new MillraceServices(REMEMBERED, CASES_REMEMBERED, stack, slabs);
    }

    static int roundSize(Case shape) {
        return shape.batch() == 1 ? 8_000 : 40_000;
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
        return Scenario.underEachAof(name, cases).stream()
                .filter(scenario -> scenario.creators() == Scenario.MANY || !scenario.hasGivenRate())
                .filter(scenario ->
                        scenario.aof() != Aof.OFF || !scenario.shape().equals(Scenario.FIXED))
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
        stack.set(Objects.requireNonNull(scenario.aof()));
        List<ByteBuffer> requests = writer.of(events, scenario.shape().batch());
        return new LedgerRound(scenario, events, requests, stack.countedMicros(), stack.settledByCreator());
    }

    @Override
    public Costs costs() throws Exception {
        return stack.costs();
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

        private LedgerRound(
                Scenario scenario,
                Events events,
                List<ByteBuffer> requests,
                long countedBefore,
                Map<String, Long> settledBefore) {
            this.scenario = scenario;
            this.events = events;
            this.requests = requests;
            this.countedBefore = countedBefore;
            this.settledBefore = settledBefore;
        }

        @Override
        public long send(Histogram nanos) throws Exception {
            return pacing.send(stack.ingestPort(), scenario, requests, nanos).sentAgain();
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
            Map<String, Long> earned = grown(settledBefore, stack.settledByCreator());
            long settled = earned.values().stream().mapToLong(Long::longValue).sum();
            if (counted == events.micros() && settled == events.micros()) {
                mustBe(earned, events.microsByCreator());
            }
            return counted == events.micros() ? settled : counted;
        }
    }

    /** What balances have grown by; no creator whose balance has not grown. */
    static Map<String, Long> grown(Map<String, Long> before, Map<String, Long> after) {
        Map<String, Long> micros = new HashMap<>(after);
        before.forEach((creator, had) -> micros.merge(creator, -had, Long::sum));
        micros.values().removeIf(grown -> grown == 0);
        return micros;
    }

    /** @throws IllegalStateException naming a creator who has earned something else */
    static void mustBe(Map<String, Long> earned, Map<String, Long> expected) {
        Map<String, Long> all = new HashMap<>(expected);
        all.putAll(earned);
        all.keySet().forEach(creator -> {
            long has = earned.getOrDefault(creator, 0L);
            long due = expected.getOrDefault(creator, 0L);
            if (has != due) {
                throw new IllegalStateException("%s was paid %,d micros instead of %,d".formatted(creator, has, due));
            }
        });
    }
}
