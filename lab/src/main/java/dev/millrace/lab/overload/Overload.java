package dev.millrace.lab.overload;

import dev.millrace.lab.progress.Progress;
import dev.millrace.lab.report.Spread;
import dev.millrace.lab.report.StackTrace;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.Sums;
import dev.millrace.local.server.Place;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One run: start the services, find their peak, go through the levels, let the flood come, and say what came of it. */
final class Overload {
    /** Most memory for requests that are written out, outside of the heap. */
    private static final long MOST_BYTES = 3L << 30;

    /** Bytes that an event takes with its request's head, more or less. */
    private static final int SINGLE = 600;

    private static final int BATCHED = 400;

    private final Plan plan;
    private final Progress progress;
    private final long began = System.nanoTime();
    private final List<Level> levels = new ArrayList<>();
    private final List<FloodRun> flood = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private @Nullable BalancesRun balances;
    private Spread peak = new Spread(0, 0, 0);
    private Duration length;

    Overload(Plan plan, Progress progress) {
        this.plan = plan;
        this.progress = progress;
        this.length = plan.length();
    }

    /**
     * @param root the project's folder
     * @param place of data and logs
     */
    Outcome run(Path root, Place place) throws Exception {
        progress.step("starting Redis, Postgres, ingest-api, a worker and the ledger …");
        try (MillraceStack stack = MillraceStack.start(root, place, progress::step)) {
            try {
                runOn(stack);
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                failures.add("it broke off: " + e);
                progress.step(StackTrace.of(e));
            }
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            return new Outcome(plan, peak, length, levels, flood, balances, stack.descriptions(), failures, took);
        }
    }

    private void runOn(MillraceStack stack) throws Exception {
        Site site = new Site(stack, plan, progress, began);
        progress.step("finding the peak …");
        peak = Peak.find(site, plan.length());
        progress.step("peak: %,.0f events/s".formatted(peak.median()));
        length = lengthThatFits();
        double requests = peak.median() / plan.shape().batch();
        if (plan.parts().contains(Part.LEVELS)) {
            runLevels(new Levels(site, requests, length));
        }
        if (plan.parts().contains(Part.BALANCES)) {
            balances = new Balances(site, requests, length).run();
            check(balances);
        }
        if (plan.parts().contains(Part.FLOOD)) {
            flood.addAll(new Flood(site, requests, length).run());
            flood.forEach(this::check);
        }
    }

    private void runLevels(Levels runner) throws Exception {
        for (int percent : plan.levels()) {
            Level level = runner.run(percent);
            levels.add(level);
            progress.step(
                    "%d %%: %,.0f events/s accepted of %,.0f".formatted(percent, level.goodput(), level.perSecond()));
            check("level of %d %%".formatted(percent), level.score(), level.sums());
            if (level.recovery() != null) {
                check(
                        "after the level of %d %%".formatted(percent),
                        level.recovery().score());
            }
        }
    }

    private void check(BalancesRun run) {
        for (BalancesRun.Followed followed : run.followed()) {
            String what = "balances, %,d a second".formatted(followed.perSecond());
            check(what, followed.events(), followed.sums());
            if (!followed.reads().others().isEmpty()) {
                failures.add(what + ": " + followed.reads().others());
            }
        }
        run.others().forEach(sums -> check("balances", sums));
    }

    private void check(FloodRun run) {
        String name = "flood";
        check(name, run.honest(), run.sums());
        if (run.replays() != null) {
            check(name + ", replays", run.replays());
        }
    }

    private void check(String what, Score score, Sums sums) {
        check(what, sums);
        check(what, score);
    }

    private void check(String what, Sums sums) {
        if (!sums.areEqual()) {
            failures.add("%s: %s".formatted(what, sums));
        }
    }

    private void check(String what, Score score) {
        if (score.unexpected() > 0) {
            failures.add("%s: %,d unexpected answers, the last one %s"
                    .formatted(what, score.unexpected(), score.complaint()));
        }
        if (score.verdicts().acknowledged() != score.accepted() * plan.shape().batch()) {
            failures.add("%s: %,d requests were accepted, their events were %s"
                    .formatted(what, score.accepted(), score.verdicts()));
        }
    }

    /** A level is shortened where its requests would take too much memory. */
    private Duration lengthThatFits() {
        int event = plan.shape().batch() == 1 ? SINGLE : BATCHED;
        long millis = (long) (1_000 * MOST_BYTES / (event * Levels.MOST_ACCEPTED * peak.median()));
        if (millis >= plan.length().toMillis()) {
            return plan.length();
        }
        progress.step("levels last %d s instead of %d s: requests for more would take over %d GiB"
                .formatted(millis / 1_000, plan.length().toSeconds(), MOST_BYTES >> 30));
        return Duration.ofMillis(millis);
    }
}
