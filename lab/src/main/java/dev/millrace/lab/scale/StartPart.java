package dev.millrace.lab.scale;

import dev.millrace.lab.bench.Stage;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.Sums;
import java.time.Duration;
import java.util.List;

/** How long a node takes to read what is remembered, and what another one's readers notice of it. */
final class StartPart {
    private static final Duration NEVER = Duration.ofHours(1);
    private static final Duration CALM = Duration.ofSeconds(10);
    private static final int CREATORS = 1_000;

    /** Of the load, more than a start takes. */
    private static final int MOST_SECONDS = 150;

    private static final double SECOND = 1e9;

    private StartPart() {}

    static Start measure(ScalePlan plan, Stage stage) throws Exception {
        MillraceStack.Setup setup = plan.setup(NEVER).withNodes(2).withIndexFor(plan.remembered());
        try (MillraceStack stack = MillraceStack.start(stage.root(), stage.place("start"), setup, stage.progress())) {
            stack.remember(plan.remembered(), plan.seed(), stage.progress());
            return measure(plan, stack);
        }
    }

    private static Start measure(ScalePlan plan, MillraceStack stack) throws Exception {
        Events events = Events.draw(
                "s" + plan.seed(), plan.seed(), SteadyLoad.whole((long) plan.rate() * MOST_SECONDS), CREATORS);
        try (SteadyLoad load = SteadyLoad.start(stack, events, plan.rate())) {
            Thread.sleep(CALM); // Connections and code get warm.
            long calm = System.nanoTime();
            Thread.sleep(CALM);
            long began = System.nanoTime();
            stack.replaceIngest(2);
            long ready = System.nanoTime();
            SteadyLoad.Times times = load.end();
            String memory = stack.memory().toString();
            stack.settle();
            Sums sums = Sums.of(stack, times.acknowledged() * SteadyLoad.BATCH * Events.MICROS);
            return new Start(
                    plan.remembered(),
                    memory,
                    (ready - began) / SECOND,
                    plan.rate(),
                    Settlements.Latency.of(times.between(calm, began)),
                    Settlements.Latency.of(times.between(began, ready)),
                    sums.areEqual() ? List.of() : List.of(sums.toString()));
        }
    }
}
