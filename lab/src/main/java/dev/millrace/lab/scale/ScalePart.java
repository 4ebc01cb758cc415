package dev.millrace.lab.scale;

import dev.millrace.lab.command.Percentiles;
import dev.millrace.lab.load.Delivery;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.lab.load.Score;
import dev.millrace.lab.load.StackLoad;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.ProcessUsage;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * What each part works with.
 *
 * @param name of the part
 * @param figures takes the measured figures
 */
record ScalePart(
        String name,
        MillraceStack stack,
        ScaleDatabase database,
        StackLoad load,
        Consumer<String> progress,
        Figures figures) {
    static final double SECOND = 1e9;

    /** A load goes on so long before something happens beside it. */
    static final Duration CALM = Duration.ofSeconds(10);

    /** Most time of a load beside something; what takes longer is measured for this part of it. */
    static final Duration LOAD = Duration.ofSeconds(150);

    static final int BATCH = 1_000;

    private static final int CONNECTIONS = 4;
    private static final int SLOWLOG = 200_000;
    private static final int SLOWLOG_MICROS = 2;

    /** Takes a figure. */
    interface Figures {
        /** @param what the part and its step */
        void add(String what, String name, Number value);
    }

    void figure(String name, Number value) {
        figures.add(this.name, name, value);
    }

    /** Sends events until each is acknowledged; events a second. */
    double deliver(Events events) throws IOException {
        Delivery delivery = load.deliver(load.requests(events, BATCH), events.size(), CONNECTIONS);
        return events.size() * SECOND / delivery.nanos();
    }

    /**
     * Ends a load, and tells what it noticed of something.
     *
     * @param calm when it was under way and nothing had happened, of {@link System#nanoTime}
     */
    void end(String what, LoadClient.Background steady, long calm, long began, long ended) throws Exception {
        Score score = load.end(steady);
        figures.add(
                what, "p99MsBefore", Percentiles.of(score.times(calm, began)).p99Ms());
        figures.add(
                what,
                "p99MsMeanwhile",
                Percentiles.of(score.times(began, ended)).p99Ms());
    }

    void noteSlowCommands() {
        RedisCommands<String, String> redis = stack.redis().commands();
        redis.configSet("slowlog-log-slower-than", "200");
        redis.configSet("slowlog-max-len", Integer.toString(SLOWLOG));
        redis.slowlogReset();
    }

    /** The longest command since; 0 when none took more than 200 µs. Redis does one at a time. */
    double longestMillis() {
        return stack.redis().commands().slowlogGet(SLOWLOG).stream()
                        .mapToLong(entry -> (Long) ((List<?>) entry).get(SLOWLOG_MICROS))
                        .max()
                        .orElse(0)
                / 1_000.0;
    }

    ProcessUsage usage(String process) {
        return new ProcessUsage(Objects.requireNonNull(stack.processes().get(process)));
    }
}
