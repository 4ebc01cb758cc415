package dev.millrace.lab.overload;

import dev.millrace.lab.report.Spread;
import dev.millrace.lab.stack.Sums;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What a server takes at most, in a closed loop: clients that each wait for an answer before they send more. */
final class Peak {
    private static final int WARM_UPS = 8;
    private static final int ROUNDS = 5;
    private static final Duration LONGEST_ROUND = Duration.ofSeconds(3);

    /** A round is a quarter of a level at most, so that short levels come with a short search. */
    private static final int ROUNDS_A_LEVEL = 4;

    /** Requests of the first round, for each client. */
    private static final int FIRST = 25;

    private Peak() {}

    /**
     * Events a second of several rounds, after others that have the server's code compiled.
     *
     * @param level length of a level
     * @throws IllegalStateException when an event was not acknowledged or not counted once
     */
    static Spread find(Site site, Duration level) throws Exception {
        Account account = site.openAccount();
        Duration length = roundOf(level);
        List<Double> rates = new ArrayList<>();
        int size = FIRST * site.shape().clients();
        long sent = 0;
        for (int round = 0; round < WARM_UPS + ROUNDS; round++) {
            List<ByteBuffer> requests = site.mint(size);
            double perSecond = site.deliver(requests);
            sent += requests.size();
            rates.add(perSecond * site.shape().batch());
            size = Math.max(FIRST, (int) (perSecond * length.toMillis() / 1_000));
        }
        Sums sums = account.close(sent * site.shape().batch());
        if (!sums.areEqual()) {
            throw new IllegalStateException("looking for the peak: " + sums);
        }
        return Spread.of(rates.subList(WARM_UPS, rates.size()));
    }

    /** How long a round of a closed loop is. */
    static Duration roundOf(Duration level) {
        Duration quarter = level.dividedBy(ROUNDS_A_LEVEL);
        return quarter.compareTo(LONGEST_ROUND) < 0 ? quarter : LONGEST_ROUND;
    }
}
