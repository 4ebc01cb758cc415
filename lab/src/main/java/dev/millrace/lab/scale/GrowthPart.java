package dev.millrace.lab.scale;

import dev.millrace.lab.bench.Stage;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.Sums;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Events a second of few, many and very many creators, in turns: once in open epochs that hold nobody yet, and once after all of them
 * have earned something there. After each round everything is settled. One more round before, of each, warms up and is not measured.
 */
final class GrowthPart {
    private static final Duration INTERVAL = Duration.ofMinutes(10);
    private static final int FEW = 1_000;
    private static final int TENTH = 10;
    private static final int EVENTS = 150_000;
    private static final double MILLI = 1e6;

    private final ScalePlan plan;
    private final Stage stage;
    private final MillraceStack stack;
    private final Feed feed;
    private final Map<Growth.Size, List<Growth.Round>> rounds = new LinkedHashMap<>();
    private final List<String> failures = new ArrayList<>();
    private int taken;
    private long sentMicros;

    private GrowthPart(ScalePlan plan, Stage stage, MillraceStack stack) {
        this.plan = plan;
        this.stage = stage;
        this.stack = stack;
        this.feed = new Feed(stack);
    }

    static Growth measure(ScalePlan plan, Stage stage) throws Exception {
        try (MillraceStack stack =
                MillraceStack.start(stage.root(), stage.place("growth"), plan.setup(INTERVAL), stage.progress())) {
            return new GrowthPart(plan, stage, stack).measure();
        }
    }

    private Growth measure() throws Exception {
        List<Growth.Size> sizes = Stream.of(false, true)
                .flatMap(full -> Stream.of(FEW, plan.creators() / TENTH, plan.creators())
                        .distinct()
                        .map(creators -> new Growth.Size(creators, full)))
                .toList();
        for (int round = 0; round <= plan.rounds(); round++) {
            for (Growth.Size size : sizes) {
                take(size, round);
            }
        }
        return new Growth(rounds, failures);
    }

    private void take(Growth.Size size, int round) throws Exception {
        if (size.full()) {
            sentMicros += feed.fill(
                            "o%d-%d".formatted(plan.seed(), ++taken),
                            0,
                            size.creators(),
                            1,
                            state -> stage.progress().accept("open epochs: " + state))
                    .micros();
        }
        Events events =
                Events.draw("g%d-%d".formatted(plan.seed(), ++taken), plan.seed() + round, EVENTS, size.creators());
        double perSecond = feed.send(events);
        sentMicros += events.micros();
        long sent = System.nanoTime();
        stack.settle();
        double settleMillis = (System.nanoTime() - sent) / MILLI;
        stage.progress()
                .accept("%s: %s, %,.0f events/s, settled in %,.0f ms"
                        .formatted(round == 0 ? "warm-up" : "round " + round, size, perSecond, settleMillis));
        Sums sums = Sums.of(stack, sentMicros);
        if (!sums.areEqual()) {
            failures.add("after round %d of %s: %s".formatted(round, size, sums));
        }
        if (round > 0) {
            rounds.computeIfAbsent(size, _ -> new ArrayList<>()).add(new Growth.Round(perSecond, settleMillis));
        }
    }
}
