package dev.millrace.lab.bench;

import com.google.common.collect.Maps;
import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.EventRequests;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.stack.Aof;
import dev.millrace.lab.stack.Costs;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.Stage;
import java.io.IOException;
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
final class MillraceServices extends HttpContestant {
    static final String NAME = "millrace";

    /** The same on logs that are full of what was counted before. */
    static final String REMEMBERED = "millrace-remembered";

    /** How requests are sent, the calm ones after those whose peak they are the half of. */
    static final List<Case> CASES = Stream.concat(Case.HTTP.stream(), Stream.of(Scenario.HALF, Scenario.FIXED))
            .toList();

    static final List<Scenario> SCENARIOS = Scenario.underEachAof(NAME, CASES).stream()
            .filter(scenario -> scenario.creators() == Scenario.MANY || !scenario.hasGivenRate())
            .filter(scenario -> scenario.aof() != Aof.OFF || !scenario.shape().equals(Scenario.FIXED))
            .toList();

    static final List<Scenario> SCENARIOS_REMEMBERED =
            Scenario.underEachAof(REMEMBERED, List.of(Case.BATCH_1000)).stream()
                    .filter(scenario -> scenario.aof() == Aof.ALWAYS)
                    .toList();

    /** From one settlement that nobody asks for to the next: the product's default. */
    private static final Duration INTERVAL = Duration.ofSeconds(60);

    private final MillraceStack stack;

    private MillraceServices(MillraceStack stack, Slabs slabs) {
        super(new EventRequests(stack.mint(), slabs));
        this.stack = stack;
    }

    static Contestant start(Stage stage, Slabs slabs) throws Exception {
        return new MillraceServices(stack(stage, NAME, 0), slabs);
    }

    /** With so many identities in its logs, and in the node's index. */
    static Contestant startRemembering(Stage stage, Slabs slabs, long identities) throws Exception {
        MillraceStack stack = stack(stage, REMEMBERED, identities);
        stack.remember(identities, identities, stage.progress());
        return new MillraceServices(stack, slabs);
    }

    private static MillraceStack stack(Stage stage, String name, long indexed) throws Exception {
        return MillraceStack.start(stage, name, new MillraceStack.Setup(INTERVAL, MillraceStack.JVM, 1, indexed));
    }

    @Override
    List<String> servers() {
        return stack.descriptions();
    }

    @Override
    Map<String, Long> processes() {
        return stack.processes();
    }

    @Override
    Costs costs() throws Exception {
        return stack.costs();
    }

    @Override
    List<String> remarks() throws Exception {
        return List.of(stack.memory().toString());
    }

    @Override
    public void close() {
        stack.close();
    }

    @Override
    Round prepare(Scenario scenario, Events events) throws Exception {
        stack.redis().set(Objects.requireNonNull(scenario.aof()));
        List<ByteBuffer> requests = requests(scenario, events);
        long countedBefore = stack.countedMicros();
        Map<String, Long> settledBefore = stack.settledByCreator();
        return new Round() {
            @Override
            public long send(Histogram nanos) throws IOException {
                return MillraceServices.this.send(stack.ingestPort(), scenario, requests, nanos);
            }

            @Override
            public void drain() throws Exception {
                stack.settle();
            }

            // By Redis' totals and by creators' balances; where they differ, by the one that is wrong.
            @Override
            public long counted() throws Exception {
                long counted = stack.countedMicros() - countedBefore;
                Map<String, Long> earned = grown(settledBefore, stack.settledByCreator());
                long settled =
                        earned.values().stream().mapToLong(Long::longValue).sum();
                if (counted == events.micros() && settled == events.micros()) {
                    mustBe(earned, events.microsByCreator());
                }
                return counted == events.micros() ? settled : counted;
            }
        };
    }

    /** What balances have grown by; no creator whose balance has not grown. */
    static Map<String, Long> grown(Map<String, Long> before, Map<String, Long> after) {
        Map<String, Long> micros = new HashMap<>(after);
        before.forEach((creator, had) -> micros.merge(creator, -had, Long::sum));
        micros.values().removeIf(grown -> grown == 0);
        return micros;
    }

    /** @throws IllegalStateException naming the creators whose earnings differ, though the sum is right */
    static void mustBe(Map<String, Long> earned, Map<String, Long> expected) {
        if (!earned.equals(expected)) {
            throw new IllegalStateException("micros paid and micros due are " + Maps.difference(earned, expected));
        }
    }
}
