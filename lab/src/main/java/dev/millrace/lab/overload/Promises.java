package dev.millrace.lab.overload;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What backpressure promises, held against what was measured. */
final class Promises {
    /** Least goodput at the peak and beyond it, as a part of the peak. */
    private static final double GOODPUT = 0.9;

    /** Most milliseconds of 99 % of those accepted: as long as ingest-api waits for Redis (1,500), and half a second. */
    private static final double LATENCY_MS = 2_000;

    /**
     * Most memory of a whole level, as a multiple of that of its first half: a heap that begins small grows to what load takes,
     * within seconds and not further; what is kept too long goes on growing.
     */
    private static final double MEMORY = 1.1;

    private static final double BACK_SECONDS = 5;

    /** Most p99 of honest readers in a flood, as a multiple of the p99 without. */
    private static final double FLOODED = 2;

    /** Most CPU of Redis in a flood, as a multiple of that without: the noise of a short run. */
    private static final double FLOODED_REDIS = 1.25;

    private static final double BALANCE_MS = 5;

    /** As a part of the peak. */
    private static final double BALANCES_COST = 0.1;

    private static final double PERCENT = 100;

    private final Outcome outcome;

    /** Levels at the peak and beyond it. */
    private final List<Level> full;

    private Promises(Outcome outcome) {
        this.outcome = outcome;
        this.full = outcome.levels().stream().filter(Level::isFull).toList();
    }

    /** Those that the run can say something about; exactness is always the last. */
    static List<Promise> of(Outcome outcome) {
        return new Promises(outcome).all();
    }

    private List<Promise> all() {
        List<Promise> all = new ArrayList<>();
        if (!full.isEmpty()) {
            all.add(sheds());
            all.add(goodput());
            all.add(latency());
            all.add(memory());
        }
        if (!returns().isEmpty()) {
            all.add(comesBack());
        }
        if (outcome.balances() != null) {
            all.add(balanceLatency(outcome.balances()));
            all.add(balanceCost(outcome.balances()));
        }
        if (outcome.flood().size() == 2) {
            all.add(flood());
            all.add(floodCost());
        }
        all.add(new Promise(
                "nothing is lost, nothing is paid twice",
                outcome.failures().isEmpty(),
                outcome.failures().isEmpty() ? "exact" : outcome.failures().size() + " failures"));
        return all;
    }

    private Promise sheds() {
        boolean holds = full.stream()
                .map(Level::score)
                .allMatch(score -> score.withoutRetryAfter() + score.late() + score.broken() == 0);
        return new Promise(
                "at the peak and beyond it sheds with 429 or 503 and Retry-After, and answers all",
                holds,
                each(level -> {
                    Score score = level.score();
                    return "%s of %,d; %,d without Retry-After, %,d late, %,d broken"
                            .formatted(
                                    score.shedText(),
                                    score.arrivals(),
                                    score.withoutRetryAfter(),
                                    score.late(),
                                    score.broken());
                }));
    }

    private Promise goodput() {
        return new Promise(
                "goodput stays at 90 % of peak or more",
                full.stream().allMatch(level -> part(level) >= GOODPUT),
                each(level -> "%.0f %%".formatted(PERCENT * part(level))));
    }

    private double part(Level level) {
        return level.goodput() / outcome.peak().median();
    }

    private Promise latency() {
        return new Promise(
                "p99 of accepted requests stays within %,.0f ms".formatted(LATENCY_MS),
                full.stream().allMatch(level -> level.score().latency().p99() <= LATENCY_MS),
                each(level -> "%,.0f ms".formatted(level.score().latency().p99())));
    }

    private Promise memory() {
        return new Promise(
                "memory of ingest-api is flat: in the second half of a level at most 10 % more than in the first",
                full.stream().map(Level::memory).allMatch(memory -> memory.most() <= MEMORY * memory.half()),
                each(level -> "%,d after %,d MiB, %,d of them alive"
                        .formatted(
                                level.memory().most(),
                                level.memory().half(),
                                level.memory().live())));
    }

    private Promise comesBack() {
        return new Promise(
                "back to normal within %.0f s".formatted(BACK_SECONDS),
                returns().stream().allMatch(level -> secondsBack(level).orElse(Double.MAX_VALUE) <= BACK_SECONDS),
                each(
                        returns(),
                        level -> secondsBack(level)
                                .map("%.1f s"::formatted)
                                .orElse("not within %d s".formatted(Levels.RETURN.toSeconds() - 1))));
    }

    /** Levels that there is a way back from. */
    private List<Level> returns() {
        return full.stream().filter(level -> level.recovery() != null).toList();
    }

    private static Optional<Double> secondsBack(Level level) {
        return Optional.ofNullable(level.recovery()).map(Level.Return::seconds);
    }

    private static Promise balanceLatency(BalancesRun run) {
        double p99 = run.few().reads().latency().p99();
        return new Promise(
                "p99 of a balance is below %.0f ms at %d %% of peak".formatted(BALANCE_MS, Balances.PERCENT),
                p99 < BALANCE_MS,
                "%.1f ms with %d reads a second, %.1f ms with %,d"
                        .formatted(
                                p99,
                                run.few().perSecond(),
                                run.many().reads().latency().p99(),
                                run.many().perSecond()));
    }

    private static Promise balanceCost(BalancesRun run) {
        return new Promise(
                "%,d balances a second take less than %.0f %% of the peak"
                        .formatted(Balances.PER_SECOND, PERCENT * BALANCES_COST),
                run.cost() < BALANCES_COST,
                "%.0f %%".formatted(PERCENT * run.cost()));
    }

    /** Who is not accepted has waited for ever. */
    private Promise flood() {
        double ratio = outcome.flood().getLast().honest().millisForAll(99)
                / outcome.flood().getFirst().honest().latency().p99();
        return new Promise(
                "in a flood of replays, honest p99 is at most twice that without",
                ratio <= FLOODED,
                Double.isInfinite(ratio) ? "x ∞ (over 1 % not accepted)" : "x %.1f".formatted(ratio));
    }

    /** Replays are answered from the node's index. */
    private Promise floodCost() {
        double without = outcome.flood().getFirst().redisSeconds();
        double with = outcome.flood().getLast().redisSeconds();
        return new Promise(
                "a flood of replays costs Redis nothing: at most a quarter more of its CPU than without",
                with <= FLOODED_REDIS * without,
                "%.2f s with, %.2f s without".formatted(with, without));
    }

    private String each(Function<Level, String> text) {
        return each(full, text);
    }

    private static String each(List<Level> levels, Function<Level, String> text) {
        return levels.stream()
                .map(level -> "at %d %%: %s".formatted(level.percent(), text.apply(level)))
                .collect(Collectors.joining("; "));
    }
}
