package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.RunningIngest.Answer;
import java.time.Duration;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Asks again until the answer is as expected. */
public final class Await {
    /** A busy machine is no broken promise. */
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private Await() {}

    /**
     * @throws AssertionError after 90 s
     */
    public static <T> T until(Supplier<T> ask, Predicate<T> expected) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        T last = ask.get();
        while (!expected.test(last)) {
            assertThat(System.nanoTime()).as("last answer: %s", last).isLessThan(deadline);
            last = ask.get();
        }
        return last;
    }

    /** Sends again after each 503, as a client does. */
    static Answer taken(RunningIngest ingest, String body) {
        return until(() -> ingest.post(body, "application/x-ndjson"), answer -> answer.status() != 503);
    }

    /** Until the node says that it takes no events, and why. */
    static Answer unready(RunningIngest ingest, String why) {
        return until(
                () -> ingest.get("/actuator/health/readiness"),
                answer -> answer.status() == 503 && answer.body().contains(why));
    }
}
