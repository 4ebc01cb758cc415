package dev.millrace.lab.overload;

import dev.millrace.lab.stack.Sums;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Honest readers while somebody sends again, five times as fast, what has counted already: with the edge's filter, which
 * keeps such suspects to a lane of their own, and without.
 */
final class Flood {
    /** Honest load in percent of peak. */
    static final int HONEST = 30;

    /** Replays for each honest event. */
    static final int REPLAYS = 5;

    private static final double PERCENT = 100;
    private static final Map<String, String> NO_FILTER = Map.of("MILLRACE_FILTER_EVENTS", "0");

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

    /** Four runs: without and with replays, first with the filter and then without. */
    List<FloodRun> run() throws Exception {
        runTwice(true);
        site.tell("starting ingest-api anew, with its filter off …");
        site.stack().restartIngest(NO_FILTER);
        Peak.find(site, length); // Compiles it; its peak is not asked for.
        runTwice(false);
        return runs;
    }

    private void runTwice(boolean filter) throws Exception {
        site.tell("minting for the flood …");
        Phase phase = Phase.of(honest, length);
        FreshTokens tokens = new FreshTokens(site.mint(2 * phase.arrivals()));
        run(filter, tokens, List.of());
        run(filter, tokens, tokens.acknowledged());
    }

    /** @param counted what is replayed, if any */
    private void run(boolean filter, FreshTokens tokens, List<ByteBuffer> counted) throws Exception {
        Account account = site.openAccount();
        int before = tokens.sent();
        Arrivals readers = new Arrivals(List.of(Phase.of(honest, length)), tokens);
        Arrivals replays = counted.isEmpty()
                ? null
                : new Arrivals(List.of(Phase.of(REPLAYS * honest, length)), new Replays(counted));
        String name = "%s, filter %s".formatted(replays == null ? "no replays" : "replays", filter ? "on" : "off");
        try (Watch _ = site.watch(length, () -> "%s: %s".formatted(name, readers.score(0)))) {
            if (replays == null) {
                site.send(readers);
            } else {
                sendBoth(readers, replays);
            }
        }
        site.deliver(tokens.open());
        tokens.close();
        Sums sums = account.close((long) (tokens.sent() - before) * site.shape().batch());
        Score score = readers.score(0);
        runs.add(new FloodRun(
                filter, site.goodput(score, length), score, replays == null ? null : replays.score(0), sums));
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
