package dev.millrace.lab.torture;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.ArrayList;
import java.util.List;

/**
 * What a run printed at its end.
 *
 * @param good whether there was no deviation
 */
record TortureReport(boolean good, String text) {
    /**
     * @param took seconds from the first event to the last check
     * @param longestLate milliseconds that settlements were late at most
     * @param reckoned deviations of the ledger at the end
     * @param meanwhile deviations that were seen before
     */
    static TortureReport of(
            TorturePlan plan,
            long took,
            Injector injector,
            Load load,
            long longestLate,
            Reckoning ledger,
            Deviations reckoned,
            Deviations meanwhile) {
        Oracle oracle = load.oracle();
        boolean good = reckoned.count() + meanwhile.count() == 0;
        List<String> lines = new ArrayList<>();
        lines.add(
                good
                        ? "torture: no difference"
                        : "torture: %,d DIFFERENCES at the end, %,d before"
                                .formatted(reckoned.count(), meanwhile.count()));
        reckoned.first().forEach(each -> lines.add("  " + each));
        meanwhile.first().forEach(each -> lines.add("  meanwhile, " + each));
        line(lines, "seed", "%d", plan.seed());
        line(lines, "duration", "%d s of faults, %d s in all", plan.length().toSeconds(), took);
        line(lines, "faults", "%,d: %s", injector.byKind().total(), injector.byKind());
        line(lines, "on", "%s", injector.byTarget());
        line(lines, "ended by itself", "%s", injector.endedByThemselves());
        line(
                lines,
                "events",
                "%,d sent, %,d acknowledged, %,d without an answer, %,d settled",
                oracle.sentEvents(),
                oracle.acknowledgedEvents(),
                oracle.unansweredEvents(),
                ledger.events());
        line(lines, "sent twice", "%,d on purpose: %s", load.twice().total(), load.twice());
        line(lines, "verdicts", "%s", load.post().answered());
        line(
                lines,
                "sent again",
                "%,d requests: %s",
                load.post().repeated().total(),
                load.post().repeated());
        line(
                lines,
                "micros",
                "%,d sent, %,d acknowledged, %,d in the ledger",
                oracle.sentMicros(),
                oracle.acknowledgedMicros(),
                ledger.micros());
        long least = oracle.acknowledgedMicros();
        line(lines, "drift", "%,d micros", ledger.micros() - Math.clamp(ledger.micros(), least, oracle.sentMicros()));
        line(lines, "settlements", "%,d journals, late by at most %.1f s", ledger.journals(), longestLate / 1_000.0);
        line(lines, "balances", "%,d asked for: %s", load.balances().total(), load.balances());
        line(lines, "again", "%s", plan.command());
        return new TortureReport(good, String.join(System.lineSeparator(), lines));
    }

    @FormatMethod
    private static void line(List<String> lines, String name, @FormatString String format, Object... values) {
        lines.add("  %-16s %s".formatted(name, String.format(format, values)));
    }
}
