package dev.millrace.lab.torture;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What a run printed at its end. */
final class Report {
    private Report() {}

    /**
     * @param took from the first event to the last check
     * @param reckoned differences of the ledger at the end
     * @param meanwhile differences that were seen before
     */
    static String of(
            Plan plan,
            Duration took,
            Injector injector,
            Load load,
            Duration longestLate,
            Reckoning ledger,
            Differences reckoned,
            Differences meanwhile) {
        Oracle oracle = load.oracle();
        List<String> lines = new ArrayList<>();
        lines.add(
                reckoned.count() + meanwhile.count() == 0
                        ? "torture: no difference"
                        : "torture: %,d DIFFERENCES at the end, %,d before"
                                .formatted(reckoned.count(), meanwhile.count()));
        reckoned.first().forEach(difference -> lines.add("  " + difference));
        meanwhile.first().forEach(difference -> lines.add("  meanwhile, " + difference));
        line(lines, "seed", Long.toString(plan.seed()));
        line(
                lines,
                "duration",
                "%d s of faults, %d s in all".formatted(plan.length().toSeconds(), took.toSeconds()));
        line(lines, "faults", "%,d: %s".formatted(injector.byKind().total(), injector.byKind()));
        line(lines, "on", injector.byTarget().toString());
        line(lines, "ended by itself", injector.endedByThemselves().toString());
        line(
                lines,
                "events",
                "%,d sent, %,d acknowledged, %,d without an answer, %,d settled"
                        .formatted(
                                oracle.sentEvents(),
                                oracle.acknowledgedEvents(),
                                oracle.unansweredEvents(),
                                ledger.events()));
        line(lines, "sent twice", "%,d on purpose: %s".formatted(load.twice().total(), load.twice()));
        line(lines, "verdicts", load.post().answered().toString());
        line(
                lines,
                "sent again",
                "%,d requests: %s"
                        .formatted(load.post().repeated().total(), load.post().repeated()));
        line(
                lines,
                "micros",
                "%,d sent, %,d acknowledged, %,d in the ledger"
                        .formatted(oracle.sentMicros(), oracle.acknowledgedMicros(), ledger.micros()));
        line(lines, "drift", "%,d micros".formatted(drift(oracle, ledger)));
        line(
                lines,
                "settlements",
                "%,d journals, late by at most %.1f s".formatted(ledger.journals(), longestLate.toMillis() / 1_000.0));
        line(lines, "balances", "%,d asked for: %s".formatted(load.balances().total(), load.balances()));
        line(lines, "again", plan.command());
        return String.join(System.lineSeparator(), lines);
    }

    /** What the ledger has too much (positive) or lacks of what it must hold. */
    private static long drift(Oracle oracle, Reckoning ledger) {
        return ledger.micros() - Math.clamp(ledger.micros(), oracle.acknowledgedMicros(), oracle.sentMicros());
    }

    private static void line(List<String> lines, String name, String text) {
        lines.add("  %-16s %s".formatted(name, text));
    }
}
