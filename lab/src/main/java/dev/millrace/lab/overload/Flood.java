package dev.millrace.lab.overload;

import dev.millrace.lab.stack.Sums;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Honest readers while somebody sends again, five times as fast, what has counted already. The node's index knows all of that, so that Redis
 * hears nothing of it.
 */
final class Flood {
    /** Honest load in percent of peak. */
    static final int HONEST = 30;

    /** Replays for each honest event. */
    static final int REPLAYS = 5;

    private static final double PERCENT = 100;
    private static final double MICROS = 1e6;

    private final Site site;
    private final double honest;
    private final Duration length;
    private final List<FloodRun> runs = new ArrayList<>();

    /** @param peak requests a second */
    Flood(Site site, double peak, Duration length) {
        this.site = site;
        this.honest = peak * HONEST / PERCENT;
        this.length = length;
    }

    /** Two runs: without replays and with. */
    List<FloodRun> run() throws Exception {
        site.tell("minting for the flood …");
        Phase phase = Phase.of(honest, length);
        FreshTokens tokens = new FreshTokens(site.mint(2 * phase.arrivals()));
        run(tokens, List.of());
        run(tokens, tokens.acknowledged());
        return runs;
    }

    /** @param counted what is replayed, if any */
    private void run(FreshTokens tokens, List<ByteBuffer> counted) throws Exception {
        Account account = site.openAccount();
        int before = tokens.sent();
        Arrivals readers = new Arrivals(List.of(Phase.of(honest, length)), tokens);
        Arrivals replays = counted.isEmpty()
                ? null
                : new Arrivals(List.of(Phase.of(REPLAYS * honest, length)), new Replays(counted));
        String name = replays == null ? "no replays" : "replays";
        long redis = site.stack().redisMicros();
        try (Watch _ = site.watch(length, () -> "%s: %s".formatted(name, readers.score(0)))) {
            if (replays == null) {
                site.send(readers);
            } else {
                sendBoth(readers, replays);
            }
        }
        double redisSeconds = (site.stack().redisMicros() - redis) / MICROS;
        site.deliver(tokens.open());
        tokens.close();
        Sums sums = account.close((long) (tokens.sent() - before) * site.shape().batch());
        Score score = readers.score(0);
        runs.add(new FloodRun(
                site.goodput(score, length), score, replays == null ? null : replays.score(0), redisSeconds, sums));
    }

    private void sendBoth(Arrivals readers, Arrivals replays) throws Exception {
        FutureTask<Void> flood = new FutureTask<>(() -> {
            site.send(replays);
            return null;
        });
        Thread.ofPlatform().name("replays").start(flood);
        site.send(readers);
        try {
            flood.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("the replays broke off", e.getCause());
        }
    }
}
