package dev.millrace.lab.torture;

import dev.millrace.lab.load.Zipf;
import java.io.IOException;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Asks for live balances and holds each against what the oracle knows. No answer is no failure, a wrong one is. Runs in one
 * thread.
 */
final class BalanceReader {
    private static final Duration PAUSE = Duration.ofMillis(40);
    private static final Zipf POPULAR = new Zipf(Cell.CREATORS);

    private final BalanceApi api;
    private final RandomGenerator random;
    private final Oracle oracle;
    private final Differences differences;
    private final Tallies answers;

    /** @param answers counts {@code read} and, by the reason, what could not be read */
    BalanceReader(BalanceApi api, RandomGenerator random, Oracle oracle, Differences differences, Tallies answers) {
        this.api = api;
        this.random = random;
        this.oracle = oracle;
        this.differences = differences;
        this.answers = answers;
    }

    /** Reads the balance of a creator, a popular one every other time. */
    void readOne() throws InterruptedException {
        int creator = random.nextBoolean() ? POPULAR.draw(random) : random.nextInt(Cell.CREATORS);
        long least = oracle.leastOf(creator);
        try {
            switch (api.ask(creator)) {
                case BalanceApi.Reply.Total(long micros) -> {
                    answers.add("read");
                    differences.addAll(oracle.judge(creator, least, micros));
                }
                case BalanceApi.Reply.Unavailable() -> answers.add("503");
                case BalanceApi.Reply.Wrong(String text) ->
                    differences.add(new Difference("answer to a reader", "200, 404 or 503", text));
            }
        } catch (IOException e) {
            answers.add("no answer");
        }
        Thread.sleep(PAUSE);
    }
}
