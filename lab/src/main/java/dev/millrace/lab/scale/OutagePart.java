package dev.millrace.lab.scale;

import dev.millrace.lab.bench.Stage;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.Sums;
import dev.millrace.lab.stack.Wait;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Kills Postgres under load, looks at Redis' memory for as long as {@code --seconds}, starts Postgres again and settles. */
final class OutagePart {
    private static final Duration INTERVAL = Duration.ofSeconds(5);
    private static final Duration CALM = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int CREATORS = 1_000;
    private static final int LOOKS = 12;
    private static final double SECOND = 1e9;

    private final ScalePlan plan;
    private final Stage stage;
    private final MillraceStack stack;

    private OutagePart(ScalePlan plan, Stage stage, MillraceStack stack) {
        this.plan = plan;
        this.stage = stage;
        this.stack = stack;
    }

    static Outage measure(ScalePlan plan, Stage stage) throws Exception {
        try (MillraceStack stack =
                MillraceStack.start(stage.root(), stage.place("outage"), plan.setup(INTERVAL), stage.progress())) {
            return new OutagePart(plan, stage, stack).measure();
        }
    }

    private Outage measure() throws Exception {
        long seconds = plan.interval().plus(CALM).plus(PATIENCE).toSeconds();
        Events events = Events.draw("o" + plan.seed(), plan.seed(), SteadyLoad.whole(seconds * plan.rate()), CREATORS);
        List<Outage.Sample> samples = new ArrayList<>();
        try (SteadyLoad load = SteadyLoad.start(stack, events, plan.rate())) {
            Thread.sleep(CALM);
            stack.killPostgres();
            long killed = System.nanoTime();
            for (int look = 0; look < LOOKS; look++) {
                Thread.sleep(plan.interval().dividedBy(LOOKS));
                samples.add(sample((System.nanoTime() - killed) / SECOND));
            }
            stack.restartPostgres();
            SteadyLoad.Times times = load.end();
            Wait.until("the first settlement after it is back", PATIENCE, this::settles);
            Sums sums = Sums.of(stack, times.acknowledged() * SteadyLoad.BATCH * Events.MICROS);
            return new Outage(
                    plan.rate(), names(events), samples, sums.areEqual() ? List.of() : List.of(sums.toString()));
        }
    }

    private boolean settles() throws IOException, InterruptedException {
        try {
            stack.settle();
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    private Outage.Sample sample(double seconds) {
        RedisCommands<String, String> redis = stack.redis();
        long entries = 0;
        long folded = 0;
        long bytes = 0;
        for (String key : redis.keys("*:*:*")) {
            if (key.contains(":engage:")) {
                entries += redis.xlen(key);
            } else if (key.contains(":folded:")) {
                folded += redis.hlen(key);
            } else if (!key.contains(":earn:")) {
                continue;
            }
            Long used = redis.memoryUsage(key);
            bytes += used == null ? 0 : used;
        }
        Outage.Sample sample = new Outage.Sample(seconds, entries, folded, bytes);
        stage.progress().accept("outage: " + sample);
        return sample;
    }

    private static long names(Events events) {
        return IntStream.range(0, events.size())
                .mapToObj(events::article)
                .collect(Collectors.toSet())
                .size();
    }
}
