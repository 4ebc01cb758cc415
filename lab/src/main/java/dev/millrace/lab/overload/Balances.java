package dev.millrace.lab.overload;

import dev.millrace.lab.report.Spread;
import dev.millrace.lab.stack.Sums;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Balances read while events come in: how long a read takes at 80 % of the peak, and what a thousand of them a second take from
 * the peak.
 */
final class Balances {
    /** Reads a second that ask for something of the machine themselves. */
    static final int PER_SECOND = 1_000;

    /** Reads a second that ask for next to nothing: what one creator who looks finds. */
    static final int FEW_PER_SECOND = 20;

    /** Of the peak, while reads are timed. */
    static final int PERCENT = 80;

    /** Rounds with reads, and as many without, in turns. */
    private static final int ROUNDS = 4;

    private static final double HUNDRED = 100;

    private static final Duration LONGEST_WARM_UP = Duration.ofSeconds(20);

    /** A run that stalls must not run out of reads. */
    private static final int PATIENCE = 10;

    private final Site site;
    private final double peak;
    private final Duration length;

    /** @param peak requests a second */
    Balances(Site site, double peak, Duration length) {
        this.site = site;
        this.peak = peak;
        this.length = length;
    }

    BalancesRun run() throws Exception {
        site.tell("counting something for each creator …");
        Sums known = pay();
        warmUp();
        BalancesRun.Followed few = follow(FEW_PER_SECOND);
        BalancesRun.Followed many = follow(PER_SECOND);
        List<Double> without = new ArrayList<>();
        List<Double> with = new ArrayList<>();
        Account rounds = site.openAccount();
        long sent = 0;
        for (int round = 0; round < ROUNDS; round++) {
            sent += round(without, false) + round(with, true);
        }
        Sums sumsOfRounds = rounds.close(sent * site.shape().batch());
        return new BalancesRun(few, many, Spread.of(without), Spread.of(with), List.of(known, sumsOfRounds));
    }

    /** Reads at {@value #PERCENT} % of the peak. */
    private BalancesRun.Followed follow(int perSecond) throws Exception {
        site.tell("minting for %d %% of peak with %,d balances a second …".formatted(PERCENT, perSecond));
        FreshTokens tokens = new FreshTokens(site.mint(phase().arrivals()));
        Account account = site.openAccount();
        Arrivals arrivals = new Arrivals(List.of(phase()), tokens);
        BalanceReads.Read read = readWhile(perSecond, () -> {
            try (Watch _ = site.watch(length, () -> "balances: %s".formatted(arrivals.score(0)))) {
                site.send(arrivals);
            }
        });
        site.deliver(tokens.open());
        Sums sums = account.close((long) tokens.sent() * site.shape().batch());
        Score score = arrivals.score(0);
        return new BalancesRun.Followed(perSecond, site.goodput(score, length), score, read, sums);
    }

    /** An event for each creator, so that the ledger knows all of them. */
    private Sums pay() throws Exception {
        Account account = site.openAccount();
        List<ByteBuffer> requests = site.mintOneEach();
        site.deliver(requests);
        return account.close(Site.CREATORS);
    }

    /** The ledger has hardly done anything so far. */
    private void warmUp() throws Exception {
        Duration warmUp = length.compareTo(LONGEST_WARM_UP) < 0 ? length : LONGEST_WARM_UP;
        site.tell("reading %,d balances a second for %d s …".formatted(PER_SECOND, warmUp.toSeconds()));
        try (BalanceReads reads = BalanceReads.start(site.stack(), PER_SECOND, Site.CREATORS, warmUp)) {
            reads.untilItEnds();
        }
    }

    private Phase phase() {
        return Phase.of(peak * PERCENT / HUNDRED, length);
    }

    /** @return requests that were sent */
    private int round(List<Double> rates, boolean reading) throws Exception {
        List<ByteBuffer> requests =
                site.mint(Phase.of(peak, Peak.roundOf(length)).arrivals());
        site.tell("as many events as it takes, %s …".formatted(reading ? "balances read" : "nothing read"));
        if (reading) {
            readWhile(
                    PER_SECOND,
                    () -> rates.add(site.deliver(requests) * site.shape().batch()));
        } else {
            rates.add(site.deliver(requests) * site.shape().batch());
        }
        site.stack().settle();
        return requests.size();
    }

    private interface Sending {
        void run() throws Exception;
    }

    private BalanceReads.Read readWhile(int perSecond, Sending sending) throws Exception {
        try (BalanceReads reads =
                BalanceReads.start(site.stack(), perSecond, Site.CREATORS, length.multipliedBy(PATIENCE))) {
            sending.run();
            return reads.end();
        }
    }
}
