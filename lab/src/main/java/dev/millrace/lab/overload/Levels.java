package dev.millrace.lab.overload;

import dev.millrace.lab.stack.Sums;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** Sends at one level after another, and looks how the server comes back from those beyond its peak. */
final class Levels {
    /** How long it is looked at after a level: five seconds that it has, a second to show it, and one more. */
    static final Duration RETURN = Duration.ofSeconds(7);

    /** Normal is up to so many times the p99 of {@link Plan#CALM}. */
    static final int NORMAL = 2;

    /** What may be accepted at most, as a part of the peak: requests for more than this are not written out. */
    static final double MOST_ACCEPTED = 1.5;

    private static final double PERCENT = 100;
    private static final double NANOS_A_MILLI = 1e6;

    private final Site site;
    private final double peak;
    private final Duration length;
    private double calmP99;

    /** @param peak requests a second */
    Levels(Site site, double peak, Duration length) {
        this.site = site;
        this.peak = peak;
        this.length = length;
    }

    /**
     * Runs one level and the return from it; every event that was sent is acknowledged and settled then.
     *
     * @param percent of peak; {@link Plan#CALM} comes first
     */
    Level run(int percent) throws Exception {
        site.tell("minting for the level of %d %% …".formatted(percent));
        FreshTokens tokens = new FreshTokens(site.mint(requests(percent)));
        Account account = site.openAccount();
        Arrivals arrivals = new Arrivals(phases(percent), tokens);
        Map<String, Double> cpu = site.cpu();
        Sent sent = send(percent, arrivals);
        Map<String, Double> spent = difference(cpu, site.cpu());
        site.deliver(tokens.open());
        Sums sums = account.close((long) tokens.sent() * site.shape().batch());
        Score score = arrivals.score(0);
        if (percent == Plan.CALM) {
            calmP99 = score.latency().p99();
        }
        return new Level(
                percent,
                events(rate(percent)),
                site.goodput(score, length),
                score,
                back(percent, arrivals),
                sent.connections(),
                sent.memory(),
                spent,
                sums);
    }

    private record Sent(int connections, Memory memory) {}

    private Sent send(int percent, Arrivals arrivals) throws Exception {
        try (Watch watch = site.watch(length, () -> "%d %% of peak: %s".formatted(percent, arrivals.score(0)))) {
            int connections = site.send(arrivals);
            return new Sent(connections, watch.memory(site.stack().ingestLiveHeap()));
        }
    }

    private List<Phase> phases(int percent) {
        List<Phase> phases = new ArrayList<>(List.of(Phase.of(rate(percent), length)));
        if (percent > Level.PEAK) {
            phases.add(Phase.of(rate(Plan.CALM), RETURN));
        }
        return phases;
    }

    /** Beyond peak, what is refused goes out again, so that it takes those accepted and those under way at a time. */
    private int requests(int percent) {
        int arrivals = phases(percent).stream().mapToInt(Phase::arrivals).sum();
        int accepted = Phase.of(peak * MOST_ACCEPTED, length.plus(RETURN)).arrivals() + Site.CONNECTIONS;
        return percent > Level.PEAK ? Math.min(arrivals, accepted) : arrivals;
    }

    private Level.@Nullable Return back(int percent, Arrivals arrivals) {
        if (percent <= Level.PEAK) {
            return null;
        }
        Score after = arrivals.score(1);
        OptionalDouble seconds =
                Recovery.after(after.nanos(), rate(Plan.CALM), (long) (NORMAL * calmP99 * NANOS_A_MILLI));
        return new Level.Return(seconds.isPresent() ? seconds.getAsDouble() : null, after);
    }

    /** Requests a second. */
    private double rate(int percent) {
        return peak * percent / PERCENT;
    }

    private double events(double requests) {
        return requests * site.shape().batch();
    }

    private static Map<String, Double> difference(Map<String, Double> before, Map<String, Double> after) {
        Map<String, Double> difference = new HashMap<>(after);
        before.forEach((name, seconds) -> difference.merge(name, -seconds, Double::sum));
        return difference;
    }
}
